// Measured numbers and words as a person writes them, for the builder and for pages that measure anew; mathtext.js stands before it.
(function (root) {
  'use strict';
  const math = root.marginalia.math;

  // words sets indices, exponents, powers of ten and signs as HTML.
  const words = (text) => math.html(String(text).replace(/(?<![\w)}\]^_-])-(?=\d|Inf)/g, '−'));

  // measured sets a number: 6.1 × 10⁻¹³, −0.5, 177,828. Powers of ten begin where figures' do below, and at ten millions.
  function measured(x) {
    if (typeof x === 'string') return words(x);
    const size = Math.abs(x);
    if (Number.isInteger(x) && size < 1e7) return words(size < 1e4 ? String(x) : x.toLocaleString('en-US'));
    return words(size >= 1e7 || size < 1e-3 ? x.toExponential(4).replace(/\.?0+e/, 'e').replace('e+', 'e') : String(Number(x.toPrecision(5))));
  }

  Object.assign(root.marginalia, { words, measured });
})(typeof window !== 'undefined' ? window : globalThis);
