/**
 * Keeps keys that belong to an input method (the Enter that picks Japanese characters,
 * the Escape that drops them) from every handler of the page, until the returned function
 * is called. The browser and the input method still get them. Safari ends the composition
 * before it sends that Enter; there only key code 229 tells.
 */
export function guardComposition(target: Window = window): () => void {
  const keep = (event: KeyboardEvent) => {
    if (event.isComposing || event.keyCode === 229) event.stopImmediatePropagation();
  };
  const types = ["keydown", "keyup", "keypress"] as const;
  for (const type of types) target.addEventListener(type, keep, { capture: true });
  return () => {
    for (const type of types) target.removeEventListener(type, keep, { capture: true });
  };
}
