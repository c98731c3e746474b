// Before anything is drawn: light or dark, as chosen, else as the machine is set.
(() => {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const chosen = () => { try { return localStorage.getItem('marginalia-theme'); } catch { return null; } };
  const apply = () => { root.dataset.theme = chosen() ?? (dark.matches ? 'dark' : 'light'); };
  apply();
  dark.addEventListener('change', apply);
  window.marginaliaTheme = {
    now: () => chosen() ?? 'auto',
    set(name) {
      try { name === 'auto' ? localStorage.removeItem('marginalia-theme') : localStorage.setItem('marginalia-theme', name); } catch { /* a page that may not store shows the theme until it is left */ }
      root.dataset.theme = name === 'auto' ? (dark.matches ? 'dark' : 'light') : name;
    },
  };
})();
