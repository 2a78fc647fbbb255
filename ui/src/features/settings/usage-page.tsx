import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { lastDays } from "@/components/usage";
import { UsageView } from "@/components/usage-view";
import { call } from "@/lib/api";
import { dateLabel } from "@/lib/dates";
import type { OwnUsage } from "@/lib/wire";
import { SettingsArea } from "./settings-area";

const usageQuery = (days: number) =>
  infiniteQueryOptions({
    queryKey: ["usage", days],
    queryFn: ({ pageParam, signal }) => {
      const params = new URLSearchParams({ ...lastDays(days), limit: "100", offset: String(pageParam) });
      return call<OwnUsage>("GET", `/usage?${params}`, undefined, { signal });
    },
    initialPageParam: 0,
    getNextPageParam: (page, all) => (page.has_more ? all.reduce((n, p) => n + p.usage.length, 0) : undefined),
    select: ({ pages }) => ({
      rows: pages.flatMap((p) => p.usage).map((u) => ({ ...u, key: `${u.day} ${u.model}`, name: dateLabel(u.day) })),
      sum: pages.at(-1)?.sum ?? { answers: 0, prompt_tokens: 0, completion_tokens: 0 },
    }),
    staleTime: 0,
  });

/** What one had of the models. */
export function UsagePage() {
  const [days, setDays] = useState(30);
  return (
    <SettingsArea title="Usage">
      <UsageView list={useInfiniteQuery(usageQuery(days))} days={days} onDays={setDays} of="Day" />
    </SettingsArea>
  );
}
