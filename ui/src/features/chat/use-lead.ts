import { type RefObject, useEffect, useRef } from "react";
import type { VirtualizerHandle } from "virtua";
import { isSaid, type Row } from "./rows";
import type { Shown } from "./use-target";

/** Room above what is shown, so that one sees that something is before it. */
const ABOVE_PX = 40;
/** What is far away is drawn a few frames after it was scrolled to. */
const FRAMES = 60;

type Lead = {
  rows: readonly Row[];
  shown: Shown | undefined;
  scroller: RefObject<HTMLElement | null>;
  list: RefObject<VirtualizerHandle | null>;
  release: () => void;
};

/** Scrolls to what is shown and puts the keyboard, and so a screen reader, there. */
export function useLead({ rows, shown, scroller, list, release }: Lead): void {
  const led = useRef<Shown>(undefined);
  const stop = useRef<() => void>(undefined);
  useEffect(() => () => stop.current?.(), []);
  useEffect(() => {
    if (!shown?.marked || led.current === shown) return;
    const at = rows.findIndex((row) => isAt(row, shown));
    if (at < 0) return;
    led.current = shown;
    release();
    list.current?.scrollToIndex(at, { align: "start", offset: -ABOVE_PX });
    stop.current?.();
    stop.current = focusOnceDrawn(scroller, selectorOf(shown));
  }, [rows, shown, scroller, list, release]);
}

export function isAt(row: Row, shown: Shown): boolean {
  if (shown.summaryId) return row.kind === "summary" && row.summary.id === shown.summaryId;
  return isSaid(row) && row.message.id === shown.messageId;
}

function selectorOf({ messageId, summaryId }: Shown): string {
  return summaryId ? `[data-summary-id="${CSS.escape(summaryId)}"]` : `[data-message-id="${CSS.escape(messageId)}"]`;
}

/** Tries at every frame: what is drawn first stays hidden until it is measured, and takes no focus before. */
function focusOnceDrawn(scroller: RefObject<HTMLElement | null>, selector: string): () => void {
  let frame = 0;
  const look = (left: number) => {
    const el = scroller.current?.querySelector<HTMLElement>(selector);
    el?.focus({ preventScroll: true });
    if (left > 0 && (!el || document.activeElement !== el)) frame = requestAnimationFrame(() => look(left - 1));
  };
  look(FRAMES);
  return () => cancelAnimationFrame(frame);
}
