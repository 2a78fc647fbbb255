const KEY = "parley-reloaded-at";

/**
 * After an upgrade the parts that an open page has not loaded yet are gone under their
 * old names. Reloads once to get the new page; if that does not help, the error shows.
 * While the server cannot be reached nothing is reloaded: a browser without a connection
 * would show its own error page in place of the chat.
 */
export function reloadOnStaleBuild(): void {
  window.addEventListener("vite:preloadError", () => {
    if (!navigator.onLine) {
      // Reloading now would lose the page; what failed to load is only read again by that.
      window.addEventListener("online", () => window.location.reload(), { once: true });
      return;
    }
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - last < 30_000) return;
    void fetch("/", { method: "HEAD", cache: "no-store" }).then(
      ({ ok }) => {
        if (!ok) return;
        sessionStorage.setItem(KEY, String(Date.now()));
        window.location.reload();
      },
      () => undefined,
    );
  });
}
