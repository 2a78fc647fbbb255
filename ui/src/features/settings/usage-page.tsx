import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usageOf } from "@/components/usage";
import { UsageView } from "@/components/usage-view";
import { dateLabel } from "@/lib/dates";
import type { OwnUsage } from "@/lib/wire";
import { SettingsArea } from "./settings-area";

type Row = OwnUsage["usage"][number];

const usageQuery = (days: number) =>
  infiniteQueryOptions({ ...usageOf<Row>("/usage", days, (row) => dateLabel(row.day)), queryKey: ["usage", days], staleTime: 0 });

/** What one had of the models. */
export function UsagePage() {
  const [days, setDays] = useState(30);
  return (
    <SettingsArea title="Usage">
      <UsageView list={useInfiniteQuery(usageQuery(days))} days={days} onDays={setDays} of="Day" />
    </SettingsArea>
  );
}
