const allowed = new Set(["http:", "https:", "mailto:"]);

/**
 * Returns the address that a link may lead to, or undefined if it may not be a link.
 * What was checked is what is used: the parser's own spelling, never the input's.
 * Relative addresses are refused, because a model has no business with our routes.
 */
export function safeHref(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  return allowed.has(url.protocol) ? url.href : undefined;
}
