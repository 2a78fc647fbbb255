import { ArrowDown } from "lucide-react";
import { useEffect, useLayoutEffect, useRef } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { Button } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import { useChat } from "./chat-context";
import { MessageRow } from "./message-row";
import { useOlder } from "./queries";
import type { Row } from "./rows";
import { escapeStops } from "./use-escape";
import { isAt, useLead } from "./use-lead";
import { usePlace } from "./use-place";
import { useStick } from "./use-stick";
import type { Shown } from "./use-target";

/** The line above the first message; virtua has to know its height. */
const TOP_PX = 56;
/** Earlier pages are asked for before the reader reaches the first message. */
const AHEAD_PX = 800;

type Props = {
  rows: readonly Row[];
  hasOlder: boolean;
  /** Where the reader is led, if they followed something. */
  shown: Shown | undefined;
  isSeeking: boolean;
};

/** The messages, of which only those near the window exist as elements. */
export function MessageList({ rows, hasOlder, shown, isSeeking }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const { stuck, jump, release, onScroll } = useStick(scroller, content);
  const { threadId } = useChat();
  const older = useOlder(threadId);
  const shift = usePrepended(rows);
  useJumpOnSend(rows, jump);
  useLead({ rows, shown, scroller, list, release });
  const keepPlace = usePlace({ threadId, rows, scroller, list, release });

  const fill = () => {
    if (hasOlder && older.state === "idle" && (scroller.current?.scrollTop ?? 0) < AHEAD_PX) void older.load();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a short page may leave room for the next one
  useEffect(fill, [rows.length, hasOlder, older.state]);

  return (
    <div className="relative min-h-0 flex-1">
      {/* A stop of its own: while an answer grows there may be nothing else in it to scroll from. */}
      <div
        ref={scroller}
        role="log"
        {...escapeStops}
        aria-label="Messages"
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1)
        tabIndex={0}
        onScroll={() => {
          onScroll();
          keepPlace();
          fill();
        }}
        className="peer h-full overflow-y-auto overscroll-contain -outline-offset-2 [overflow-anchor:none]"
      >
        <div ref={content} className="pb-6">
          <Top hasOlder={hasOlder} state={older.state} onRetry={older.load} empty={rows.length === 0} />
          <Virtualizer ref={list} scrollRef={scroller} startMargin={TOP_PX} shift={shift} bufferSize={600} data={rows}>
            {(row) => <MessageRow key={row.key} row={row} marked={shown?.marked === true && isAt(row, shown)} />}
          </Virtualizer>
        </div>
      </div>
      <div
        aria-hidden="true"
        className="pointer-events-none absolute inset-x-0 bottom-0 h-6 bg-linear-to-t from-sheet to-transparent peer-focus-visible:hidden"
      />
      {isSeeking && (
        <p
          role="status"
          className="absolute top-3 left-1/2 flex h-9 -translate-x-1/2 animate-[appear_200ms_300ms_backwards] items-center gap-2 rounded-full bg-raised px-3.5 text-muted text-sm shadow-float"
        >
          <Spinner />
          Looking for the message
        </p>
      )}
      {!stuck && (
        <Button onClick={jump} className="absolute bottom-2 left-1/2 h-9 -translate-x-1/2 animate-appear rounded-full bg-raised px-3.5 shadow-float">
          <ArrowDown />
          Jump to latest
        </Button>
      )}
    </div>
  );
}

function Top({ hasOlder, state, onRetry, empty }: { hasOlder: boolean; state: string; onRetry: () => void; empty: boolean }) {
  return (
    <div style={{ height: TOP_PX }} className="flex items-center justify-center text-faint text-sm">
      {state === "failed" ? (
        <Button variant="quiet" onClick={onRetry}>
          Earlier messages did not load. Try again
        </Button>
      ) : hasOlder ? (
        <Spinner />
      ) : empty ? (
        "Nothing has been asked here yet."
      ) : null}
    </div>
  );
}

/** True for the one drawing in which rows came in front, so that what is on the screen stays where it is. */
function usePrepended(rows: readonly Row[]): boolean {
  const first = useRef(rows[0]?.key);
  const now = rows[0]?.key;
  useLayoutEffect(() => {
    first.current = now;
  }, [now]);
  return first.current !== undefined && first.current !== now && rows.some((row) => row.key === first.current);
}

/** Whoever sends wants to see it, wherever they were reading. */
function useJumpOnSend(rows: readonly Row[], jump: () => void): void {
  const last = rows.at(-1);
  const key = last?.kind === "outgoing" ? last.key : undefined;
  useLayoutEffect(() => {
    if (key !== undefined) jump();
  }, [key, jump]);
}
