import { type RefObject, useLayoutEffect } from "react";

/** Measuring a pasted log of a megabyte at every key takes seconds, and it fills the field anyway. */
const MEASURED = 20_000;

/** Lets a field be as high as its text, also when its width changes; its largest height is for its class to say. */
export function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    if (field.current) measure(field.current, text.length);
  }, [field, text]);
  useLayoutEffect(() => {
    const el = field.current;
    if (!el) return;
    let width = el.clientWidth;
    const observer = new ResizeObserver(() => {
      if (el.clientWidth === width) return; // its own height is not news
      width = el.clientWidth;
      measure(el, el.value.length);
    });
    observer.observe(el);
    return () => observer.disconnect();
  }, [field]);
}

// `field-sizing: content` would do all of this, but is not in every browser yet.
function measure(el: HTMLTextAreaElement, length: number): void {
  el.style.height = length > MEASURED ? "100dvh" : "auto";
  if (length <= MEASURED) el.style.height = `${el.scrollHeight}px`;
}

/** With a touch keyboard Enter starts a line, and a field that takes the focus unasked covers half the page. */
export const isTouch = () => window.matchMedia("(pointer: coarse)").matches;

/** Puts the cursor into the field of a page that has just appeared; not on a touch screen, and not out of a menu or a dialog that was opened meanwhile. */
export function offerFocus(field: HTMLElement | null): void {
  if (isTouch() || document.activeElement?.closest('[role="menu"], [role="dialog"]')) return;
  field?.focus({ preventScroll: true });
}
