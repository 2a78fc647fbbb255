import { useQueryClient } from "@tanstack/react-query";

/**
 * For queries of administrators: every one of them leaves an entry in the audit. So they
 * are asked when a page is opened, when something was changed, and by hand; never by themselves.
 */
export const onRequest = { staleTime: Number.POSITIVE_INFINITY, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false } as const;

/** Has a list of the administration, named by its key, asked for again after a change. */
export function useAskAgain(list: "users" | "invites" | "backups"): () => void {
  const cache = useQueryClient();
  return () => void cache.invalidateQueries({ queryKey: ["admin", list] });
}
