const isDoor = (path: string) => /^\/(login|setup|register)\b/.test(path);

/** The sign-in page, which leads back to where we are. */
export function loginPath(): string {
  if (isDoor(window.location.pathname)) return "/login";
  const here = window.location.pathname + window.location.search;
  return here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`;
}

/** Where to go after signing in: a path of this page, never another site. */
export function nextPath(search = window.location.search): string {
  const next = new URLSearchParams(search).get("next");
  if (!next) return "/";
  try {
    const url = new URL(next, window.location.origin);
    if (url.origin !== window.location.origin || isDoor(url.pathname)) return "/";
    return url.pathname + url.search + url.hash;
  } catch {
    return "/";
  }
}
