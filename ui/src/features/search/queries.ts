import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { SearchPage, SearchResult } from "@/lib/wire";

const PAGE = 20;

/** The most that the server takes as a question. */
export const MAX_QUERY = 200;

/** What was found, the best first, page by page. The results before stay until the next are there. */
export const searchQuery = (q: string, projectId: string) =>
  infiniteQueryOptions({
    queryKey: ["search", q, projectId],
    enabled: q !== "",
    queryFn: ({ pageParam, signal }) => call<SearchPage>("GET", `/search?${params(q, projectId, pageParam)}`, undefined, { signal }),
    initialPageParam: 0,
    // By place, not by count: what has gone meanwhile is left out of a page.
    getNextPageParam: (page, _, offset) => (page.has_more ? offset + PAGE : undefined),
    select: ({ pages }) => ({ results: distinct(pages.flatMap((p) => p.results)), total: pages.at(-1)?.total ?? 0 }),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    gcTime: 60_000,
  });

function params(q: string, projectId: string, offset: number): URLSearchParams {
  const search = new URLSearchParams({ q, limit: String(PAGE), offset: String(offset) });
  if (projectId) search.set("project_id", projectId);
  return search;
}

/** What moved down while the page was turned comes twice. */
function distinct(results: SearchResult[]): SearchResult[] {
  const seen = new Set<string>();
  return results.filter((r) => !seen.has(r.id) && seen.add(r.id));
}
