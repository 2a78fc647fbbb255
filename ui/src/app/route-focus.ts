import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { useLocation } from "wouter";
import { navigated } from "@/lib/title";

/** After a navigation the keyboard and the screen reader continue at the new page, not at the link that is behind. */
export function useRouteFocus(main: RefObject<HTMLElement | null>): void {
  const [path] = useLocation();
  const last = useRef(path);
  // A layout effect runs before the effects in which the new page sets its title.
  useLayoutEffect(() => {
    if (last.current !== path) navigated();
  }, [path]);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    main.current?.scrollTo(0, 0);
    // A page that has put the cursor into its own field knows better.
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [path, main]);
}
