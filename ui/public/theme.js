// Applies the stored theme before the first paint. The page sets the same
// attribute when the choice changes (src/lib/theme.ts); without one, CSS follows the system.
(() => {
  try {
    const theme = localStorage.getItem("parley-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; the system's theme is then the right one.
  }
})();
