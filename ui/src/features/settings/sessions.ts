import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call, Problem } from "@/lib/api";
import type { Session, SessionPage } from "@/lib/wire";

const key = ["sessions"] as const;

/** All sessions of the caller, the newest first; there are 250 at most. */
export const sessionsQuery = queryOptions({
  queryKey: key,
  queryFn: async ({ signal }) => {
    const all: Session[] = [];
    for (let after = ""; ; ) {
      const page = await call<SessionPage>("GET", `/auth/sessions?limit=200${after && `&after=${after}`}`, undefined, { signal });
      all.push(...page.sessions);
      const last = page.sessions.at(-1);
      if (!page.has_more || !last) return all;
      after = last.id;
    }
  },
  staleTime: 0,
});

/** Ends sessions one after the other and returns how many; one that is over already was meant too. What fails stops it. */
export function useEndSessions() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (const id of ids) await call<void>("DELETE", `/auth/sessions/${id}`).catch(unlessOver);
      return ids.length;
    },
    onSettled: () => cache.invalidateQueries({ queryKey: key }),
  });
}

function unlessOver(error: unknown): void {
  if (!(error instanceof Problem && error.status === 404)) throw error;
}
