import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** This close to the end counts as being there. */
const NEAR_PX = 32;

/**
 * Keeps a scroller at its end while what it holds grows, until the reader scrolls up; at
 * the end it takes hold again. What is pressed stays under the pointer until it is
 * released: else a button moves away in the middle of a click, and text while it is selected.
 */
export function useStick(scroller: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>) {
  const [stuck, setStuck] = useState(true);
  const holding = useRef(true);
  const pressed = useRef(false);
  const last = useRef({ top: 0, height: 0 });

  const toEnd = useCallback(() => {
    const el = scroller.current;
    if (!el) return;
    el.scrollTop = el.scrollHeight;
    last.current = { top: el.scrollTop, height: el.scrollHeight };
  }, [scroller]);

  const hold = useCallback((on: boolean) => {
    holding.current = on;
    setStuck(on);
  }, []);

  /** Goes to the end and stays there. */
  const jump = useCallback(() => {
    hold(true);
    toEnd();
  }, [hold, toEnd]);

  /** Lets go: the reader is led somewhere else. */
  const release = useCallback(() => hold(false), [hold]);

  const onScroll = useCallback(() => {
    const el = scroller.current;
    if (!el) return;
    const before = last.current;
    last.current = { top: el.scrollTop, height: el.scrollHeight };
    const atEnd = el.scrollHeight - el.clientHeight - el.scrollTop <= NEAR_PX;
    // Only a reader moves up in a page that has not become shorter.
    const movedUp = el.scrollTop < before.top - 1 && el.scrollHeight >= before.height;
    if (atEnd) hold(true);
    else if (movedUp) hold(false);
  }, [scroller, hold]);

  useLayoutEffect(toEnd, [toEnd]);
  useEffect(() => {
    const follow = () => holding.current && !pressed.current && toEnd();
    const observer = new ResizeObserver(follow);
    if (scroller.current) observer.observe(scroller.current);
    if (content.current) observer.observe(content.current);
    const stop = watchPress(content.current, pressed, follow);
    return () => {
      observer.disconnect();
      stop();
    };
  }, [scroller, content, toEnd]);

  return { stuck, jump, release, onScroll };
}

/** Keeps pressed true while the main button, a finger or a pen is down on el, and calls released after the click that may follow. */
function watchPress(el: HTMLElement | null, pressed: RefObject<boolean>, released: () => void): () => void {
  const down = (event: PointerEvent) => {
    pressed.current = event.button === 0;
  };
  const up = () => {
    if (pressed.current)
      requestAnimationFrame(() => {
        pressed.current = false;
        released();
      });
  };
  const ends = ["pointerup", "pointercancel", "blur"] as const; // wherever the pointer is by then
  el?.addEventListener("pointerdown", down);
  for (const end of ends) window.addEventListener(end, up);
  return () => {
    el?.removeEventListener("pointerdown", down);
    for (const end of ends) window.removeEventListener(end, up);
  };
}
