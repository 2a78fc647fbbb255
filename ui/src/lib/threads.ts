import { type InfiniteData, infiniteQueryOptions, type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call, messageOf } from "./api";
import { deleting, type Gone, markGone, unlessGone } from "./gone";
import { toast } from "./toast";
import type { NewThread, Thread, ThreadPage } from "./wire";

export type ThreadFilter = { projectId?: string; archived?: boolean; limit?: number };

export const threadKeys = {
  lists: () => ["threads"] as const,
  list: (filter: ThreadFilter) => ["threads", filter] as const,
  details: () => ["thread"] as const,
  detail: (id: string) => ["thread", id] as const,
};

/** Threads by their last activity, page by page: each page follows the last thread of the one before. */
export const threadsQuery = (filter: ThreadFilter = {}) =>
  infiniteQueryOptions({
    queryKey: threadKeys.list(filter),
    queryFn: ({ pageParam, signal }) => call<ThreadPage>("GET", `/threads?${search(filter, pageParam)}`, undefined, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.has_more ? page.threads.at(-1)?.id : undefined),
    select: (data) => ({ threads: distinct(data.pages.flatMap((p) => p.threads)), total: data.pages.at(-1)?.total ?? 0 }),
  });

function search({ projectId, archived = false, limit = 30 }: ThreadFilter, after: string): URLSearchParams {
  const params = new URLSearchParams({ archived: String(archived), limit: String(limit) });
  if (projectId) params.set("project_id", projectId);
  if (after) params.set("after", after);
  return params;
}

/** A thread that moved up while we turned the page comes twice; the first is the newer. */
function distinct(threads: Thread[]): Thread[] {
  const seen = new Set<string>();
  return threads.filter((t) => !seen.has(t.id) && seen.add(t.id));
}

export const threadQuery = (id: string) =>
  queryOptions<Thread | Gone>({
    ...unlessGone,
    queryKey: threadKeys.detail(id),
    queryFn: ({ signal }) => call<Thread>("GET", `/threads/${encodeURIComponent(id)}`, undefined, { signal }),
  });

type Pages = InfiniteData<ThreadPage, string>;

/** Shows a thread as the server has it now; where it belongs in the lists, they ask again. */
export function putThread(cache: QueryClient, thread: Thread): void {
  cache.setQueryData(threadKeys.detail(thread.id), thread);
  eachPage(cache, (page) => ({ ...page, threads: page.threads.map((t) => (t.id === thread.id ? thread : t)) }));
  void cache.invalidateQueries({ queryKey: threadKeys.lists() });
}

/** Takes a thread that was deleted out of all that is shown. */
export function dropThread(cache: QueryClient, id: string): void {
  markGone(cache, threadKeys.detail(id));
  eachPage(cache, (page) => ({ ...page, threads: page.threads.filter((t) => t.id !== id) }));
  void cache.invalidateQueries({ queryKey: threadKeys.lists() });
}

function eachPage(cache: QueryClient, change: (page: ThreadPage) => ThreadPage): void {
  cache.setQueriesData<Pages>({ queryKey: threadKeys.lists() }, (old) => old && { ...old, pages: old.pages.map(change) });
}

export function useCreateThread() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (input: NewThread) => call<Thread>("POST", "/threads", input),
    onSuccess: (thread) => putThread(cache, thread),
  });
}

export function useRenameThread() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, title }: { id: string; title: string }) => call<Thread>("PATCH", `/threads/${id}`, { title }),
    onSuccess: (thread) => putThread(cache, thread),
  });
}

/** Archives a thread, or restores it, says so and offers the way back. */
export function useArchiveThread() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, archive }: { id: string; archive: boolean }) => setArchived(id, archive),
    onSuccess: (thread) => {
      putThread(cache, thread);
      if (!thread.is_archived) return toast("Chat restored");
      const undo = () =>
        void setArchived(thread.id, false).then(
          (restored) => putThread(cache, restored),
          (error) => toast(messageOf(error), "danger"),
        );
      toast("Chat archived", "plain", { label: "Undo", run: undo });
    },
    onError: (error) => toast(messageOf(error), "danger"),
  });
}

const setArchived = (id: string, archive: boolean) => call<Thread>("POST", `/threads/${id}/${archive ? "archive" : "unarchive"}`);

/** Deletes a thread; `onDeleted` first leaves its page, if that is shown, even when who asked is no longer drawn. */
export function useDeleteThread(id: string, onDeleted: () => void) {
  const cache = useQueryClient();
  return useMutation({
    ...deleting(id),
    mutationFn: () => call<void>("DELETE", `/threads/${id}`),
    onSuccess: () => {
      onDeleted();
      dropThread(cache, id);
    },
  });
}

/** What the sidebar and the start page show: one page, shared. */
export const recentThreads = threadsQuery({ limit: 20 });
