import type { QueryClient } from "@tanstack/react-query";
import { call } from "./api";
import { addNewer, addOlder, anchor, type MessageList, messagesKey, touches, withNewest } from "./live-messages";
import type { MessagePage } from "./wire";

const PAGE = 50;
const LARGEST_PAGE = 200;
/** A longer absence than this many largest pages is not walked through: the newest page replaces the list. */
const MAX_WALK = 4;

/**
 * Loads the newest page and joins it with what is there already. A hole between the two
 * is filled by walking forward, so that a reader far up does not lose the place.
 */
export async function fetchNewest(client: QueryClient, threadId: string, signal?: AbortSignal): Promise<MessageList> {
  const newest = await page(threadId, { limit: PAGE }, signal);
  const known = () => client.getQueryData<MessageList>(messagesKey(threadId));
  let list = known();
  if (!list || touches(list, newest)) return withNewest(list, newest);
  const between: MessagePage[] = [];
  for (let n = 0; n < MAX_WALK && !touches(list, newest); n++) {
    const at = anchor(list);
    if (at === undefined) break;
    const next = await page(threadId, { after: at, limit: LARGEST_PAGE }, signal);
    between.push(next);
    list = addNewer(list, next);
  }
  // Frames may have changed the list during the walk: the pages are joined with it as it is now.
  return withNewest(between.reduce(addNewer, known() ?? list), newest);
}

/** Loads the page just older than what is there. */
export async function fetchOlder(client: QueryClient, threadId: string): Promise<void> {
  const key = messagesKey(threadId);
  const first = client.getQueryData<MessageList>(key)?.items[0];
  if (!first) return;
  const older = await page(threadId, { before: first.id, limit: PAGE });
  client.setQueryData<MessageList>(key, (list) => list && addOlder(list, older));
}

/**
 * Loads earlier messages until one is among them, however far up it stands, and shows
 * them all at once. False if there are no more and it is not there.
 */
export async function fetchBackTo(client: QueryClient, threadId: string, messageId: string, signal: AbortSignal): Promise<boolean> {
  const key = messagesKey(threadId);
  const known = client.getQueryData<MessageList>(key);
  const first = known?.items[0];
  if (known && first && known.hasOlder && messageId < first.id) {
    const pages: MessagePage[] = [];
    for (let before = first.id, more = true; more && messageId < before; ) {
      const older = await page(threadId, { before, limit: LARGEST_PAGE }, signal);
      pages.push(older);
      before = older.messages[0]?.id ?? "";
      more = older.has_more && before !== "";
    }
    client.setQueryData<MessageList>(key, (list) => list && pages.reduce(addOlder, list));
  }
  return client.getQueryData<MessageList>(key)?.items.some((m) => m.id === messageId) ?? false;
}

/** Loads what is newer than the last message that cannot change any more. */
export async function fetchNewer(client: QueryClient, threadId: string): Promise<void> {
  const key = messagesKey(threadId);
  const list = client.getQueryData<MessageList>(key);
  const at = list && anchor(list);
  const newer = at === undefined ? undefined : await page(threadId, { after: at, limit: LARGEST_PAGE }).catch(() => undefined);
  // Nothing to start from, too much for one page, or a start that is gone: read the newest page instead.
  if (!newer || newer.has_more) return client.refetchQueries({ queryKey: key });
  client.setQueryData<MessageList>(key, (now) => now && addNewer(now, newer));
}

function page(threadId: string, query: Record<string, string | number>, signal?: AbortSignal): Promise<MessagePage> {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return call("GET", `/threads/${threadId}/messages?${search}`, undefined, signal ? { signal } : {});
}
