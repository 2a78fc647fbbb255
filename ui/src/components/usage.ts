import type { InfiniteData } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { UsageSum } from "@/lib/wire";

/** What was had of a model, by somebody or on some day. */
export type UsageRow = UsageSum & { key: string; name: string; model: string };

type Had = UsageSum & { cursor: string; model: string };
type UsagePage<Row> = { usage: Row[]; sum: UsageSum; has_more: boolean };

/** How what was had in the last so many days is asked for; name says what a row is of. */
export function usageOf<Row extends Had>(path: string, days: number, name: (row: Row) => string) {
  return {
    queryFn: ({ pageParam, signal }: { pageParam: string; signal: AbortSignal }) => {
      const params = new URLSearchParams({ ...lastDays(days), limit: "100", ...(pageParam && { after: pageParam }) });
      return call<UsagePage<Row>>("GET", `${path}?${params}`, undefined, { signal });
    },
    initialPageParam: "",
    getNextPageParam: (page: UsagePage<Row>) => (page.has_more ? page.usage.at(-1)?.cursor : undefined),
    select: ({ pages }: InfiniteData<UsagePage<Row>>) => ({
      rows: pages.flatMap((p) => p.usage).map((u) => ({ ...u, key: u.cursor, name: name(u) })),
      sum: pages.at(-1)?.sum ?? { answers: 0, prompt_tokens: 0, completion_tokens: 0 },
    }),
  };
}

/** The last so many days, today included, as the server counts them: in UTC. */
export function lastDays(days: number, now = Date.now()): { from: string; to: string } {
  const day = (back: number) => new Date(now - back * 86_400_000).toISOString().slice(0, 10);
  return { from: day(days - 1), to: day(0) };
}

export const tokensOf = (sum: UsageSum) => sum.prompt_tokens + sum.completion_tokens;
