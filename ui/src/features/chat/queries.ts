import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { call, messageOf } from "@/lib/api";
import { fetchNewest, fetchOlder } from "@/lib/live-fetch";
import { isSettled, type MessageList, messagesKey, remove, upsert } from "@/lib/live-messages";
import { socket, useConnection } from "@/lib/socket";
import { toast } from "@/lib/toast";
import type { Message } from "@/lib/wire";

/** How often an answer is asked for where the socket does not get through, as behind some proxies. */
const POLL_MS = 2_000;

/** A thread's messages, newest page first; frames keep them up to date from then on. */
export function useMessagesQuery(threadId: string) {
  const client = useQueryClient();
  const open = useConnection((line) => line.state === "open");
  return queryOptions({
    queryKey: messagesKey(threadId),
    queryFn: ({ signal }) => fetchNewest(client, threadId, signal),
    // What was heard last may be old by now: nobody listens for a thread that is not shown.
    staleTime: 2_000,
    refetchOnWindowFocus: false,
    refetchInterval: ({ state }) => (!open && state.data?.items.some((m) => !isSettled(m)) ? POLL_MS : false),
  });
}

/** Loads earlier messages, one page at a time. */
export function useOlder(threadId: string) {
  const client = useQueryClient();
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  const open = useConnection((line) => line.state === "open");
  useEffect(() => {
    if (open) setState((now) => (now === "failed" ? "idle" : now)); // it is asked for again
  }, [open]);
  const load = async () => {
    if (state === "loading") return;
    setState("loading");
    try {
      await fetchOlder(client, threadId);
      setState("idle");
    } catch {
      setState("failed");
    }
  };
  return { state, load };
}

/** Has a question answered once more; the new answer stands beside the old one. */
export function useRegenerate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (messageId: string) => call<Message>("POST", `/messages/${messageId}/regenerate`, {}),
    onSuccess: (answer) => put(client, answer),
    onError: (error) => toast(messageOf(error), "danger"),
  });
}

/** Ends the answer that is being written; what is there is kept. */
export function useStop(threadId: string) {
  return useMutation({
    mutationFn: () =>
      socket.request({ type: "stop_generation", thread_id: threadId }).then(
        () => undefined,
        () => call<void>("POST", `/threads/${threadId}/stop`, {}),
      ),
    onError: (error) => toast(messageOf(error), "danger"),
  });
}

/** Changes what a message of one's own says; if it is the last question it is answered anew. */
export function useEditMessage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, content }: { id: string; content: string }) => call<Message>("PATCH", `/messages/${id}`, { content }),
    onSuccess: (message) => put(client, message),
  });
}

/** Deletes a message; a question that waits leaves the queue. */
export function useRemoveMessage(threadId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call<void>("DELETE", `/messages/${id}`),
    onSuccess: (_, id) => client.setQueryData<MessageList>(messagesKey(threadId), (list) => list && remove(list, id)),
    onError: (error) => toast(messageOf(error), "danger"),
  });
}

function put(client: ReturnType<typeof useQueryClient>, message: Message): void {
  client.setQueryData<MessageList>(messagesKey(message.thread_id), (list) => list && upsert(list, message));
}
