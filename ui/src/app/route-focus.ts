import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { useLocation } from "wouter";
import { cameByHistory } from "@/lib/history-place";
import { navigated } from "@/lib/title";

/** After a navigation the keyboard and the screen reader continue at the new page, not at the link that is behind; after Back the page is scrolled as it was. */
export function useRouteFocus(main: RefObject<HTMLElement | null>): void {
  const [path] = useLocation();
  const last = useRef(path);
  const behind = useRef<Element | null>(null);
  /** How far each page was scrolled, by its path, and how far this one is to be. */
  const tops = useRef(new Map<string, number>());
  const wanted = useRef(0);
  // Asked before the new page is put in place. While that loads, the old one is hidden
  // but still there, so the link that was followed would seem to be part of the new.
  if (last.current !== path) {
    behind.current = document.activeElement;
    wanted.current = tops.current.get(path) ?? 0;
  }
  // A layout effect runs before the effects in which the new page sets its title.
  useLayoutEffect(() => {
    if (last.current !== path) navigated();
  }, [path]);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    const { activeElement } = document;
    // A page that has put the cursor into its own field knows better.
    if (activeElement === behind.current || !main.current?.contains(activeElement)) main.current?.focus({ preventScroll: true });
    behind.current = null;
    return scrollOnceDrawn(main.current, cameByHistory() ? wanted.current : 0);
  }, [path, main]);
  useEffect(() => {
    const el = main.current;
    const remember = () => tops.current.set(window.location.pathname, el?.scrollTop ?? 0);
    el?.addEventListener("scroll", remember, { passive: true });
    return () => el?.removeEventListener("scroll", remember);
  }, [main]);
}

/** How many frames a list may take to be as long as it was. */
const FRAMES = 60;

/** Scrolls to where the reader was before, as soon as there is that much to scroll. Returns how to stop. */
function scrollOnceDrawn(el: HTMLElement | null, top: number): () => void {
  let frame = 0;
  const look = (left: number) => {
    el?.scrollTo(0, top);
    if (el && left > 0 && el.scrollTop < top - 1) frame = requestAnimationFrame(() => look(left - 1));
  };
  look(FRAMES);
  return () => cancelAnimationFrame(frame);
}
