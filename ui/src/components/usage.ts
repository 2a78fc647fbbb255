import type { UsageSum } from "@/lib/wire";

/** What was had of a model, by somebody or on some day. */
export type UsageRow = UsageSum & { key: string; name: string; model: string };

/** The last so many days, today included, as the server counts them: in UTC. */
export function lastDays(days: number, now = Date.now()): { from: string; to: string } {
  const day = (back: number) => new Date(now - back * 86_400_000).toISOString().slice(0, 10);
  return { from: day(days - 1), to: day(0) };
}

export const tokensOf = (sum: UsageSum) => sum.prompt_tokens + sum.completion_tokens;
