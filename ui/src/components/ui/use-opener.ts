import { useRef } from "react";
import { rememberPlace } from "@/lib/focus-keeper";

/**
 * Remembers what had the focus when something opened, and gives it back when it closes.
 * For an entry of a menu, which is gone by then, that is the menu's button; when
 * that is gone too, because what was done removed it, the row that follows it.
 */
export function useOpener(open: boolean): (event: Event) => void {
  const wasOpen = useRef(false);
  const giveBack = useRef<() => void>(undefined);
  // Asked while drawing: once the menu is taken out of the page nobody knows any more.
  if (open && !wasOpen.current) giveBack.current = rememberPlace(buttonOf(document.activeElement));
  wasOpen.current = open;
  return (event) => {
    event.preventDefault();
    giveBack.current?.();
  };
}

function buttonOf(el: Element | null): Element | null {
  const menu = el?.closest("[role=menu]");
  return menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : el;
}
