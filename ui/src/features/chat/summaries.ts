import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/lib/api";
import { summariesKey } from "@/lib/live-messages";
import { threadKeys } from "@/lib/threads";
import { uuid } from "@/lib/uuid";
import type { Summary, SummaryPage } from "@/lib/wire";

/** The most characters and topics that a summary has. */
export const MAX_SUMMARY = 20_000;
export const MAX_TOPICS = 5;

/** The summaries of a thread, oldest first; of very many, the newest. */
export const summariesQuery = (threadId: string) =>
  queryOptions({
    queryKey: summariesKey(threadId),
    queryFn: async ({ signal }) =>
      (await call<SummaryPage>("GET", `/threads/${threadId}/summaries?limit=200`, undefined, { signal })).summaries.toReversed() as readonly Summary[],
  });

/** What a person says a summary to be. */
export type SummaryText = { summary_text: string; key_topics: string[] };

/** Writes a summary by hand; of everything so far, or up to one message. */
export function useCreateSummary(threadId: string) {
  const again = useAskAgain(threadId);
  return useMutation({
    mutationFn: (input: SummaryText & { end_message_id?: string; client_id: string }) => call<Summary>("POST", `/threads/${threadId}/summaries`, input),
    onSuccess: again,
  });
}

export function useUpdateSummary({ id, thread_id }: Summary) {
  const again = useAskAgain(thread_id);
  return useMutation({ mutationFn: (input: SummaryText) => call<Summary>("PATCH", `/summaries/${id}`, input), onSuccess: again });
}

export function useDeleteSummary({ id, thread_id }: Summary, onDeleted: () => void) {
  const again = useAskAgain(thread_id);
  return useMutation({
    mutationFn: () => call<void>("DELETE", `/summaries/${id}`),
    onSuccess: () => {
      onDeleted();
      return again();
    },
  });
}

/** Names one wish to write a summary, however often it is sent. */
export const newWish = uuid;

function useAskAgain(threadId: string) {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: threadKeys.detail(threadId) }); // it says how many there are
    return client.invalidateQueries({ queryKey: summariesKey(threadId) });
  };
}
