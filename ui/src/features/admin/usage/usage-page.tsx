import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { lastDays } from "@/components/usage";
import { UsageView } from "@/components/usage-view";
import { call } from "@/lib/api";
import type { InstanceUsage } from "@/lib/wire";
import { AdminArea } from "../admin-area";
import { onRequest } from "../asking";

const usageQuery = (days: number) =>
  infiniteQueryOptions({
    ...onRequest,
    queryKey: ["admin", "usage", days],
    queryFn: ({ pageParam, signal }) => {
      const params = new URLSearchParams({ ...lastDays(days), limit: "100", offset: String(pageParam) });
      return call<InstanceUsage>("GET", `/admin/usage?${params}`, undefined, { signal });
    },
    initialPageParam: 0,
    getNextPageParam: (page, all) => (page.has_more ? all.reduce((n, p) => n + p.usage.length, 0) : undefined),
    select: ({ pages }) => ({
      rows: pages.flatMap((p) => p.usage).map((u) => ({ ...u, key: `${u.user_id} ${u.model}`, name: u.username || "Somebody who is gone" })),
      sum: pages.at(-1)?.sum ?? { answers: 0, prompt_tokens: 0, completion_tokens: 0 },
    }),
  });

/** Who had how much of which model. */
export function UsagePage() {
  const [days, setDays] = useState(30);
  return (
    <AdminArea title="Usage">
      <UsageView list={useInfiniteQuery(usageQuery(days))} days={days} onDays={setDays} of="Person" />
    </AdminArea>
  );
}
