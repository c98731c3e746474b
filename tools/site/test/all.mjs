// All checks, in one process: first what needs no browser.
import './build.test.mjs';
import './browser.test.mjs';
