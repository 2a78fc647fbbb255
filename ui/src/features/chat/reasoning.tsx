import { ChevronRight } from "lucide-react";
import { type MouseEvent, useLayoutEffect, useRef, useState } from "react";
import { durationLabel } from "@/lib/dates";

type Props = {
  text: string;
  /** The model still reasons: its answer has not begun. */
  live: boolean;
  /** For how long it reasoned, in milliseconds; undefined or null where that is not known. */
  ms: number | null | undefined;
};

/** What the model reasons: open and growing until the answer begins, folded after that, unless the reader chose otherwise. */
export function Reasoning({ text, live, ms }: Props) {
  const [chosen, setChosen] = useState<boolean>();
  const open = chosen ?? live;
  const box = useFollowing(text, live && open);
  const toggle = (event: MouseEvent) => {
    event.preventDefault(); // React keeps what is open, not the element
    setChosen(!open);
  };
  return (
    <details open={open} className="group/reasoning mb-3 text-muted text-sm">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a summary is a button of its own accord */}
      <summary onClick={toggle} className="inline-flex h-8 cursor-pointer list-none items-center gap-1.5 rounded-sm hover:text-ink">
        <ChevronRight aria-hidden="true" className="size-3.5 transition-transform group-open/reasoning:rotate-90" />
        <span className={live ? "animate-breathe" : undefined}>{labelOf(live, ms)}</span>
      </summary>
      <section
        ref={box}
        aria-label="Reasoning"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1)
        tabIndex={0}
        dir="auto"
        className="mt-1 max-h-64 overflow-y-auto overscroll-contain whitespace-pre-wrap border-line border-s-2 ps-3 -outline-offset-2 [overflow-wrap:anywhere]"
      >
        {text}
      </section>
    </details>
  );
}

function labelOf(live: boolean, ms: number | null | undefined): string {
  if (live) return "Thinking";
  return ms == null ? "Thoughts" : `Thought for ${durationLabel(ms)}`;
}

/** Keeps a box at its end while its text grows, unless the reader has scrolled up in it. */
function useFollowing(text: string, on: boolean) {
  const box = useRef<HTMLElement>(null);
  const height = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what makes it grow
  useLayoutEffect(() => {
    const el = box.current;
    if (!el || !on) return;
    const atEnd = height.current - el.clientHeight - el.scrollTop <= 24;
    if (atEnd) el.scrollTop = el.scrollHeight;
    height.current = el.scrollHeight;
  }, [text, on]);
  return box;
}
