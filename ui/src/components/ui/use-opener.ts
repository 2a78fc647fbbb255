import { useRef } from "react";

/**
 * Remembers what had the focus when something opened, and gives it back when it closes.
 * For an entry of a menu, which is gone by then, that is the menu's button; when
 * that is gone too, because what was done removed it, the page itself.
 */
export function useOpener(open: boolean): (event: Event) => void {
  const wasOpen = useRef(false);
  const opener = useRef<Element | null>(null);
  // Asked while drawing: once the menu is taken out of the page nobody knows any more.
  if (open && !wasOpen.current) opener.current = buttonOf(document.activeElement);
  wasOpen.current = open;
  return (event) => {
    event.preventDefault();
    const target = opener.current?.isConnected && opener.current !== document.body ? opener.current : document.getElementById("main");
    (target as HTMLElement | null)?.focus({ preventScroll: true });
  };
}

function buttonOf(el: Element | null): Element | null {
  const menu = el?.closest("[role=menu]");
  return menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : el;
}
