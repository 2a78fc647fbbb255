import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { type ReactNode, useId } from "react";
import { Link } from "wouter";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { messageOf } from "@/lib/api";
import { sizeLabel } from "@/lib/attachments";
import { fullLabel, momentLabel } from "@/lib/dates";
import type { InstanceStatus } from "@/lib/wire";
import { AdminArea } from "../admin-area";
import { AssumedLimits } from "./assumed-limits";
import { HealthList } from "./health-list";
import { statusQuery } from "./queries";
import { SigningKeys } from "./signing-keys";

/** How the instance is: its parts, how much there is of what, its keys. */
export function OverviewPage() {
  const status = useQuery(statusQuery);
  return (
    <AdminArea
      title="Overview"
      actions={
        <Button variant="quiet" size="icon" aria-label="Ask again" title="Ask again" busy={status.isRefetching} onClick={() => void status.refetch()}>
          <RotateCw />
        </Button>
      }
    >
      {status.isPending && <Waiting />}
      {status.isError && <Notice onRetry={() => void status.refetch()}>{messageOf(status.error)}</Notice>}
      {status.data && (
        <>
          <HealthList health={status.data.health} />
          <AssumedLimits />
          <Figures status={status.data} />
          <SigningKeys />
        </>
      )}
    </AdminArea>
  );
}

const registrations = { closed: "closed", invite: "by invite", open: "open to everybody" };

function Figures({ status: s }: { status: InstanceStatus }) {
  const id = useId();
  const { users, disk, last_backup: backup } = s;
  const count = (n: number) => n.toLocaleString("en");
  return (
    <section aria-labelledby={id} className="mt-10">
      <h2 id={id} className="only-spoken">
        Figures
      </h2>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-7 sm:grid-cols-3 lg:grid-cols-4">
        <Figure name="Users" value={<Link href="/admin/users">{count(users.total)}</Link>}>
          {`${count(users.admins)} ${users.admins === 1 ? "administrator" : "administrators"}${users.disabled > 0 ? `, ${count(users.disabled)} disabled` : ""}`}
        </Figure>
        <Figure name="Projects" value={count(s.projects)}>
          {`${count(s.threads)} ${s.threads === 1 ? "chat" : "chats"}`}
        </Figure>
        <Figure name="Connected now" value={count(s.sockets)}>
          {`${count(s.answers)} ${s.answers === 1 ? "answer" : "answers"} being written`}
        </Figure>
        <Figure name="Registration" value={registrations[s.registration]}>
          <Link href="/admin/invites">Invites</Link>
        </Figure>
        <Figure name="Data" value={sizeLabel(s.store_bytes)}>
          {disk ? `${sizeLabel(disk.free_bytes)} free; nothing new is stored below ${sizeLabel(disk.reserve_bytes)}` : "the room on its disk is not known"}
        </Figure>
        <Figure
          name="Last backup"
          value={backup ? <Link href="/admin/backups">{momentLabel(backup.made_at)}</Link> : <Link href="/admin/backups">none yet</Link>}
        >
          {backup && sizeLabel(backup.size)}
        </Figure>
        <Figure name="Audit" value={<Link href="/admin/audit">{count(s.audit_entries)}</Link>}>
          entries
        </Figure>
        <Figure name="Version" value={s.version}>
          <span title={fullLabel(s.started_at)}>
            {s.go_version}, running since {momentLabel(s.started_at)}
          </span>
        </Figure>
      </dl>
    </section>
  );
}

function Figure({ name, value, children }: { name: string; value: ReactNode; children: ReactNode }) {
  return (
    <div className="min-w-0 [&_a]:underline [&_a]:decoration-line-strong [&_a]:underline-offset-4 [&_a:hover]:decoration-current">
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="font-semibold text-xl tabular-nums [overflow-wrap:anywhere]">{value}</dd>
      <dd className="text-faint text-sm">{children}</dd>
    </div>
  );
}

function Waiting() {
  return (
    <div className="flex flex-col gap-5" aria-hidden="true">
      <Skeleton className="h-6 w-1/3" />
      <Skeleton className="h-32 rounded-lg" />
      <Skeleton className="h-32 rounded-lg" />
    </div>
  );
}
