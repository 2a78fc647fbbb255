import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { announce } from "@/lib/announce";
import { type Asked, putAsked, useAsked } from "@/lib/summarize";
import { threadKeys } from "@/lib/threads";
import { toast } from "@/lib/toast";
import { summariesQuery } from "./summaries";

/** How often a summary is asked for where the socket does not tell. */
const POLL_MS = 3_000;
/** A model is given ten minutes, and then it is made without one. */
const PATIENCE_MS = 15 * 60_000;

export function forgetSummary(threadId: string): void {
  putAsked(threadId, undefined);
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
      putAsked(threadId, { ...asked, done: true });
      announce("The summary is ready.");
      void client.invalidateQueries({ queryKey: threadKeys.detail(threadId) }); // it says how many there are
      return;
    }
    const timer = setTimeout(
      () => {
        forgetSummary(threadId);
        toast("The summary did not arrive. Try again later", "danger");
      },
      Math.max(0, asked.since + PATIENCE_MS - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [waiting, there, asked, threadId, client]);
  return asked;
}
