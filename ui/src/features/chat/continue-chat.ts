import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { putSummaryFailure, useSummaryFailures } from "@/lib/live-summaries";
import { summarize } from "@/lib/summarize";
import { useCreateThread } from "@/lib/threads";
import { uuid } from "@/lib/uuid";
import type { Summary, Thread } from "@/lib/wire";
import { summariesQuery } from "./summaries";

/** How often it is looked whether the summary is there, should the socket not tell. */
const POLL_MS = 1_500;
const MAX_TITLE = 200;

/** Sums up a whole chat and opens a new one that begins with the summary. Closing what drew this ends it. */
export function useContinueChat(thread: Thread) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { mutateAsync: create } = useCreateThread();
  const stopped = useRef(false);
  const wish = useRef("");
  useEffect(() => {
    stopped.current = false;
    return () => {
      stopped.current = true;
    };
  }, []);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      putSummaryFailure(thread.id);
      const { summary_id } = await summarize(thread.id, { whole: true });
      const summary = await awaitSummary(client, thread.id, summary_id, () => stopped.current);
      if (!summary || stopped.current) return;
      wish.current ||= uuid(); // tried again it is the same new chat
      const next = await create({
        project_id: thread.project_id,
        title: continuedTitle(thread.title),
        is_private: thread.is_private,
        summary_id: summary.id,
        client_id: wish.current,
      });
      if (!stopped.current) navigate(`/threads/${next.id}`);
    },
  });
  return { start: () => mutate(), isPending, error };
}

async function awaitSummary(client: QueryClient, threadId: string, id: string, isStopped: () => boolean): Promise<Summary | undefined> {
  while (!isStopped()) {
    const list = await client.fetchQuery({ ...summariesQuery(threadId), staleTime: 0 });
    const found = list.find((s) => s.id === id);
    if (found) return found;
    const failure = useSummaryFailures.getState().threads[threadId];
    if (failure) throw new Error(`The summary could not be made. ${failure.error}`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  return undefined;
}

function continuedTitle(title: string): string {
  const end = " (continued)";
  if (title.endsWith(end)) return title;
  const letters = [...title];
  return (letters.length + end.length > MAX_TITLE ? letters.slice(0, MAX_TITLE - end.length - 1).join("") : title) + end;
}
