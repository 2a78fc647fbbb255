import type { Message, MessagePage } from "./wire";

/** Where the query cache keeps a thread's MessageList. */
export const messagesKey = (threadId: string) => ["messages", threadId] as const;

/** Where it keeps the thread's summaries; without a thread, those of all. */
export const summariesKey = (threadId?: string) => (threadId === undefined ? (["summaries"] as const) : (["summaries", threadId] as const));

/** The messages of a thread as far as they are loaded: oldest first, without holes up to the newest. */
export type MessageList = { readonly items: readonly Message[]; readonly hasOlder: boolean };

/** Reports whether the message stays as it is unless someone changes it: not an answer being written, nor a question that waits. */
export function isSettled(message: Message): boolean {
  return message.status !== "streaming" && message.status !== "queued";
}

/** Reports whether the answer is being written. */
export const isStreaming = (message: Message): boolean => message.status === "streaming";

/** Adds or replaces one message. What is older than the loaded part stays outside. */
export function upsert(list: MessageList, message: Message): MessageList {
  if (message.is_deleted) return remove(list, message.id);
  const first = list.items[0];
  if (first && list.hasOlder && message.id < first.id) return list;
  return { ...list, items: merge(list.items, [message]) };
}

export function remove(list: MessageList, id: string): MessageList {
  return list.items.some((m) => m.id === id) ? { ...list, items: list.items.filter((m) => m.id !== id) } : list;
}

/** Puts a page that was asked for with `before` in front. */
export function addOlder(list: MessageList, page: MessagePage): MessageList {
  const first = list.items[0];
  const oldest = page.messages[0];
  // Of two that were asked for at once, the one that reaches further back knows what is before it.
  const reaches = !first || !oldest || oldest.id <= first.id;
  return { items: merge(list.items, page.messages), hasOlder: reaches ? page.has_more : list.hasOlder };
}

/** Puts a page that was asked for with `after` behind. */
export function addNewer(list: MessageList, page: MessagePage): MessageList {
  return { ...list, items: merge(list.items, page.messages) };
}

/**
 * Takes the newest page as the truth about the part that it covers: what it does not
 * name there is gone. Older pages stay if they touch it, else they are dropped.
 */
export function withNewest(list: MessageList | undefined, page: MessagePage): MessageList {
  const first = page.messages[0];
  if (!list || !first) return { items: page.messages, hasOlder: page.has_more };
  if (!touches(list, page))
    return {
      items: merge(
        list.items.filter((m) => m.id >= first.id),
        page.messages,
      ),
      hasOlder: page.has_more,
    };
  const last = page.messages[page.messages.length - 1]?.id ?? first.id;
  const named = new Set(page.messages.map((m) => m.id));
  // Behind the page's last there can only be what was pushed after the page was read.
  const kept = list.items.filter((m) => m.id < first.id || m.id > last || named.has(m.id));
  const older = kept.some((m) => m.id < first.id);
  return { items: merge(kept, page.messages), hasOlder: older ? list.hasOlder : page.has_more };
}

/** True when no message can lie between the list and the page. */
export function touches(list: MessageList, page: MessagePage): boolean {
  const first = page.messages[0];
  const last = list.items[list.items.length - 1];
  return !page.has_more || (first !== undefined && last !== undefined && first.id <= last.id);
}

/** The newest message before which everything is settled: what follows it is worth fetching again. */
export function anchor(list: MessageList): string | undefined {
  const open = list.items.findIndex((m) => !isSettled(m));
  return list.items[(open === -1 ? list.items.length : open) - 1]?.id;
}

function merge(old: readonly Message[], incoming: readonly Message[]): Message[] {
  const byId = new Map(old.map((m) => [m.id, m]));
  for (const message of incoming) {
    if (message.is_deleted) byId.delete(message.id);
    else byId.set(message.id, newer(byId.get(message.id), message));
  }
  // UUIDv7: the order of the ids is the order of the messages.
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** Which of two readings of one message is the later one; a reply may arrive behind the push that overtook it. */
function newer(old: Message | undefined, incoming: Message): Message {
  if (!old) return incoming;
  if (isSettled(old) && !isSettled(incoming)) return old;
  if (isStreaming(old) && isStreaming(incoming)) return incoming.content.length >= old.content.length ? incoming : old;
  return incoming.edit_count < old.edit_count ? old : incoming;
}
