import type { SearchResult, Thread } from "@/lib/wire";

/** One line of the search: something that was found, or, before anything is asked, a recent chat. */
export type Entry = {
  id: string;
  kind: SearchResult["kind"];
  projectId: string;
  title: string;
  at: string;
  /** Where it leads. */
  href: string;
  /** The excerpt, as escaped HTML; empty where there is none. */
  snippet: string;
};

export const entryOfResult = (r: SearchResult): Entry => ({
  id: r.id,
  kind: r.kind,
  projectId: r.project_id,
  title: r.title || "New chat",
  at: r.created_at,
  href: r.kind === "thread" ? `/threads/${r.thread_id}` : `/threads/${r.thread_id}?${r.kind}=${r.id}`,
  snippet: r.snippet_html,
});

export const entryOfThread = (t: Thread): Entry => ({
  id: t.id,
  kind: "thread",
  projectId: t.project_id,
  title: t.title || "New chat",
  at: t.last_activity_at,
  href: `/threads/${t.id}`,
  snippet: "",
});
