import type { QueryClient, QueryKey } from "@tanstack/react-query";

/**
 * What a query holds once its record was deleted while it was shown. Asking the server
 * for it again would only be an error in the console.
 */
export type Gone = null;

/** For queries whose record may be deleted while it is shown. */
export const unlessGone = { enabled: ({ state }: { state: { data: unknown } }) => state.data !== null };

/** Marks a record as gone wherever it is shown or being fetched. */
export function markGone(cache: QueryClient, queryKey: QueryKey): void {
  if (!cache.getQueryCache().find({ queryKey })) return;
  void cache.cancelQueries({ queryKey, exact: true }, { revert: false });
  cache.setQueryData<Gone>(queryKey, null);
}

/** Names the mutation that deletes a record. */
export const deleting = (id: string) => ({ mutationKey: ["delete", id] });

/** Whether this page is deleting it itself, and will go on when it has: what the socket says of that comes too early. */
export const isDeleting = (cache: QueryClient, id: string): boolean => cache.isMutating(deleting(id)) > 0;
