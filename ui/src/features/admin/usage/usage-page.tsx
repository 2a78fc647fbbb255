import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usageOf } from "@/components/usage";
import { UsageView } from "@/components/usage-view";
import type { InstanceUsage } from "@/lib/wire";
import { AdminArea } from "../admin-area";
import { onRequest } from "../asking";

type Row = InstanceUsage["usage"][number];

const usageQuery = (days: number) =>
  infiniteQueryOptions({
    ...onRequest,
    ...usageOf<Row>("/admin/usage", days, (row) => row.display_name || "A deleted account"),
    queryKey: ["admin", "usage", days],
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
