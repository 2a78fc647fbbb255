const KEY = "parley-reloaded-at";

/**
 * After an upgrade the parts that an open page has not loaded yet are gone under their
 * old names. Reload once to get the new page; if that does not help, let the error show.
 */
export function reloadOnStaleBuild(): void {
  window.addEventListener("vite:preloadError", (event) => {
    if (!navigator.onLine) {
      // Reloading now would lose the page; what failed to load is only read again by that.
      window.addEventListener("online", () => window.location.reload(), { once: true });
      return;
    }
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - last < 30_000) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    event.preventDefault();
    window.location.reload();
  });
}
