import { type RefObject, useLayoutEffect } from "react";

/** Measuring a pasted log of a megabyte at every key takes seconds, and it fills the field anyway. */
const MEASURED = 20_000;

/** Lets a field be as high as its text; its largest height is for its class to say. */
export function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const el = field.current;
    if (!el) return;
    // `field-sizing: content` would do all of this, but is not in every browser yet.
    if (text.length > MEASURED) el.style.height = "100dvh";
    else {
      el.style.height = "auto";
      el.style.height = `${el.scrollHeight}px`;
    }
  }, [field, text]);
}

/** With a touch keyboard Enter starts a line, and a field that takes the focus unasked covers half the page. */
export const isTouch = () => window.matchMedia("(pointer: coarse)").matches;

/** Puts the cursor into the field of a page that has just appeared; not on a touch screen, and not out of a menu or a dialog that was opened meanwhile. */
export function offerFocus(field: HTMLElement | null): void {
  if (isTouch() || document.activeElement?.closest('[role="menu"], [role="dialog"]')) return;
  field?.focus({ preventScroll: true });
}
