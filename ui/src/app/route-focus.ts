import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { useLocation } from "wouter";
import { navigated } from "@/lib/title";

/** After a navigation the keyboard and the screen reader continue at the new page, not at the link that is behind. */
export function useRouteFocus(main: RefObject<HTMLElement | null>): void {
  const [path] = useLocation();
  const last = useRef(path);
  const behind = useRef<Element | null>(null);
  // Asked before the new page is put in place. While that loads, the old one is hidden
  // but still there, so the link that was followed would seem to be part of the new.
  if (last.current !== path) behind.current = document.activeElement;
  // A layout effect runs before the effects in which the new page sets its title.
  useLayoutEffect(() => {
    if (last.current !== path) navigated();
  }, [path]);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    const { activeElement } = document;
    main.current?.scrollTo(0, 0);
    // A page that has put the cursor into its own field knows better.
    if (activeElement === behind.current || !main.current?.contains(activeElement)) main.current?.focus({ preventScroll: true });
    behind.current = null;
  }, [path, main]);
}
