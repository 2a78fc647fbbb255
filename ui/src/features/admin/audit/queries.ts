import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { Account, AccountPage, AuditCheck, AuditPage } from "@/lib/wire";
import { onRequest } from "../asking";
import { type AuditFilter, paramsOf } from "../audit-address";

/** The audit, the newest first; each page follows the last entry of the one before. */
export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    ...onRequest,
    queryKey: ["admin", "audit", paramsOf(filter).toString()],
    queryFn: ({ pageParam, signal }) => {
      const params = paramsOf(filter);
      params.set("limit", "100");
      if (pageParam > 0) params.set("after", String(pageParam));
      return call<AuditPage>("GET", `/admin/audit?${params}`, undefined, { signal });
    },
    initialPageParam: 0,
    getNextPageParam: (page) => (page.has_more ? page.entries.at(-1)?.number : undefined),
    select: (data) => ({ entries: data.pages.flatMap((p) => p.entries), total: data.pages.at(-1)?.total ?? 0 }),
  });

/** Whether the chain of entries is whole. All of them are read for it, so what was found is kept for a while. */
export const chainQuery = queryOptions({
  ...onRequest,
  gcTime: 3_600_000,
  queryKey: ["admin", "audit chain"],
  queryFn: ({ signal }) => call<AuditCheck>("GET", "/admin/audit/check", undefined, { signal }),
});

/** Finds who has exactly this user name or email address, disabled or not. */
export async function findAccount(login: string): Promise<Account | undefined> {
  const wanted = login.trim().toLowerCase();
  const { users } = await call<AccountPage>("GET", `/users?${new URLSearchParams({ search: wanted, limit: "200" })}`);
  return users.find((u) => u.username.toLowerCase() === wanted || u.email.toLowerCase() === wanted);
}

/** Has the browser save all that the filter lets through, as JSON lines. Asks something first, which renews the session. */
export async function exportAudit(filter: AuditFilter): Promise<void> {
  await call("GET", "/users/me");
  const link = document.createElement("a");
  link.href = `/api/v1/admin/audit/export?${paramsOf(filter)}`;
  link.download = "parley-audit.jsonl";
  link.click();
}
