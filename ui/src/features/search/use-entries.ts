import { useInfiniteQuery } from "@tanstack/react-query";
import { recentThreads } from "@/lib/threads";
import { type Entry, entryOfResult, entryOfThread } from "./entry";
import { searchQuery } from "./queries";
import { useSettled } from "./use-settled";

/** While somebody types, the server is not asked for every letter. */
const SETTLE_MS = 150;

/** What the search shows: what was found, or the recent chats as long as nothing is asked. */
export function useEntries(text: string, projectId: string) {
  const asked = text.trimStart(); // a space behind a word says that it is whole
  const q = useSettled(asked.trim() === "" ? "" : asked, SETTLE_MS);
  const found = useInfiniteQuery(searchQuery(q, projectId));
  const recent = useInfiniteQuery({ ...recentThreads, enabled: asked.trim() === "" });
  if (asked.trim() === "") {
    const threads = recent.data?.threads.filter((t) => projectId === "" || t.project_id === projectId) ?? [];
    return { state: "idle" as const, entries: threads.map(entryOfThread), total: 0, hasMore: false, isFetching: false, error: null, more: noop, retry: noop };
  }
  const isStale = q !== asked || found.isPlaceholderData;
  return {
    state: found.data ? ("found" as const) : found.isError ? ("failed" as const) : ("searching" as const),
    entries: found.data?.results.map(entryOfResult) ?? empty,
    total: found.data?.total ?? 0,
    /** These are still the results of what was asked before. */
    isStale,
    hasMore: found.hasNextPage && !isStale,
    isFetching: found.isFetching || isStale,
    error: found.error,
    more: () => void (found.hasNextPage && !found.isFetching && found.fetchNextPage()),
    retry: () => void (found.isFetchNextPageError ? found.fetchNextPage() : found.refetch()),
  };
}

const empty: Entry[] = [];
const noop = () => undefined;
