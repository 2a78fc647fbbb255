import type { QueryClient } from "@tanstack/react-query";
import { call, Problem } from "@/lib/api";
import { fetchBackTo } from "@/lib/live-fetch";
import { type MessageList, messagesKey } from "@/lib/live-messages";
import type { Attachment, Message, Summary } from "@/lib/wire";

/** What the address of a chat asks to be shown of it. */
export type Target = { kind: "message" | "attachment" | "summary"; id: string };

/** Reads the target out of an address's query; undefined if it names none. */
export function targetOf(search: string): Target | undefined {
  const params = new URLSearchParams(search);
  for (const kind of ["message", "attachment", "summary"] as const) {
    const id = params.get(kind);
    if (id) return { kind, id };
  }
  return undefined;
}

/** Where a target stands: at a message, which is loaded. `message` is not given where only its place is still known. */
export type Place = { messageId: string; message?: Message; summaryId?: string };

/** Finds where a target stands and loads the chat as far back as that; undefined if it is no longer there. */
export async function findTarget(client: QueryClient, threadId: string, target: Target, signal: AbortSignal): Promise<Place | undefined> {
  const place = await unlessMissing(placeOf(threadId, target, signal));
  if (!place) return undefined;
  const { messageId } = place;
  const last = client.getQueryData<MessageList>(messagesKey(threadId))?.items.at(-1);
  if (last && messageId > last.id) await client.refetchQueries({ queryKey: messagesKey(threadId) }); // it was not heard of yet
  const found = await fetchBackTo(client, threadId, messageId, signal);
  return found || place.summaryId ? place : undefined; // a summary outlives the messages at its ends
}

async function placeOf(threadId: string, { kind, id }: Target, signal: AbortSignal): Promise<Place | undefined> {
  const at = encodeURIComponent(id);
  if (kind === "summary") {
    const summary = await call<Summary>("GET", `/summaries/${at}`, undefined, { signal });
    return summary.thread_id === threadId && summary.end_message_id ? { messageId: summary.end_message_id, summaryId: id } : undefined;
  }
  let messageId = at;
  if (kind === "attachment") {
    const attachment = await call<Attachment>("GET", `/attachments/${at}`, undefined, { signal });
    if (!attachment.message_id) return undefined;
    messageId = attachment.message_id;
  }
  const message = await call<Message>("GET", `/messages/${messageId}`, undefined, { signal });
  return message.thread_id === threadId && !message.is_deleted ? { messageId: message.id, message } : undefined;
}

/** What is gone is no error: links outlive what they lead to. */
async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return undefined;
    throw error;
  }
}
