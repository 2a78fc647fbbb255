import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { create } from "zustand";
import { announce } from "@/lib/announce";
import { messageOf } from "@/lib/api";
import { threadKeys } from "@/lib/threads";
import { toast } from "@/lib/toast";
import { summariesQuery, summarize } from "./summaries";

/** A summary that was asked for here: still being made, or there and not yet looked at. */
export type Asked = { summaryId: string; since: number; done: boolean };

/** By thread. */
const useAsked = create<{ threads: Readonly<Record<string, Asked>> }>()(() => ({ threads: {} }));

/** How often a summary is asked for where the socket does not tell. */
const POLL_MS = 3_000;
/** A model is given ten minutes, and then it is made without one. */
const PATIENCE_MS = 15 * 60_000;

/** Has a summary of a thread made, and says if there is nothing to do. */
export async function askForSummary(threadId: string): Promise<void> {
  try {
    const { summary_id, status } = await summarize(threadId);
    if (status === "up_to_date") toast("Nothing has been said since the last summary.");
    else put(threadId, { summaryId: summary_id, since: Date.now(), done: false });
  } catch (error) {
    toast(messageOf(error), "danger");
  }
}

export function forgetSummary(threadId: string): void {
  put(threadId, undefined);
}

/** The summary of a thread that was asked for here, if any; looks for it until it is there. */
export function useSummarizing(threadId: string): Asked | undefined {
  const asked = useAsked((s) => s.threads[threadId]);
  const waiting = asked !== undefined && !asked.done;
  const client = useQueryClient();
  const { data } = useQuery({ ...summariesQuery(threadId), enabled: waiting, refetchInterval: POLL_MS });
  const there = waiting && data?.some((s) => s.id === asked.summaryId);
  useEffect(() => {
    if (!waiting) return;
    if (there) {
      put(threadId, { ...asked, done: true });
      announce("The summary is made.");
      void client.invalidateQueries({ queryKey: threadKeys.detail(threadId) }); // it says how many there are
      return;
    }
    const timer = setTimeout(
      () => {
        forgetSummary(threadId);
        toast("No summary came. Ask for it again in a while.", "danger");
      },
      Math.max(0, asked.since + PATIENCE_MS - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [waiting, there, asked, threadId, client]);
  return asked;
}

function put(threadId: string, asked: Asked | undefined): void {
  useAsked.setState(({ threads: { [threadId]: _, ...rest } }) => ({ threads: asked ? { ...rest, [threadId]: asked } : rest }));
}
