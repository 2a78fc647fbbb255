import { useQueryClient } from "@tanstack/react-query";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import { type ChatPlace, chatPlace, rememberChatPlace } from "@/lib/history-place";
import { fetchBackTo } from "@/lib/live-fetch";
import { isSaid, type Row } from "./rows";
import { targetOf } from "./target";

type Parts = {
  threadId: string;
  rows: readonly Row[];
  scroller: RefObject<HTMLElement | null>;
  list: RefObject<VirtualizerHandle | null>;
  release: () => void;
};

/**
 * Keeps the reader's place in a chat: after Back or Forward it is where they left it, however far
 * up. The returned function is to run when the list has been scrolled.
 */
export function usePlace({ threadId, rows, scroller, list, release }: Parts): () => void {
  const client = useQueryClient();
  const [wanted, setWanted] = useState(() => (targetOf(window.location.search) ? undefined : chatPlace(threadId)));
  const fetching = useRef(false);

  useEffect(() => {
    if (!wanted) return;
    const at = rows.findIndex((row) => isSaid(row) && row.message.id === wanted.messageId);
    if (at >= 0) {
      release();
      list.current?.scrollToIndex(at, { align: "start", offset: -wanted.below });
      setWanted(undefined);
    } else if (!fetching.current) {
      fetching.current = true;
      const gaveUp = () => setWanted(undefined);
      fetchBackTo(client, threadId, wanted.messageId, new AbortController().signal).then((found) => found || gaveUp(), gaveUp);
    }
  }, [wanted, rows, client, threadId, list, release]);

  return useCallback(() => {
    if (!wanted) rememberChatPlace(threadId, firstInSight(scroller.current));
  }, [wanted, threadId, scroller]);
}

/** This close to the end counts as being there. */
const NEAR_PX = 32;

function firstInSight(scroller: HTMLElement | null): ChatPlace | undefined {
  if (!scroller || scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop <= NEAR_PX) return undefined;
  const { top } = scroller.getBoundingClientRect();
  for (const el of scroller.querySelectorAll<HTMLElement>("[data-message-id]")) {
    const row = el.getBoundingClientRect();
    if (row.bottom > top) return { messageId: el.dataset.messageId ?? "", below: Math.round(row.top - top) };
  }
  return undefined;
}
