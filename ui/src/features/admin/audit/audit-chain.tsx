import { useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import { fullLabel, timeLabel } from "@/lib/dates";
import type { AuditCheck } from "@/lib/wire";
import { chainQuery } from "./queries";

/** Whether the chain of entries is whole, quietly where it is. */
export function AuditChain() {
  const check = useQuery(chainQuery);
  const again = () => void check.refetch();
  if (check.isError && !check.isFetching) return <Notice onRetry={again}>The chain of entries could not be checked. {messageOf(check.error)}</Notice>;
  if (check.data && !check.data.whole && !check.isFetching) return <Broken check={check.data} onAgain={again} />;
  return (
    <div className="flex min-h-10 items-center gap-2 text-muted text-sm">
      <ShieldCheck aria-hidden="true" className={check.data && !check.isFetching ? "size-4 shrink-0 text-ok" : "size-4 shrink-0 text-faint"} />
      <p role="status">{check.data && !check.isFetching ? <Whole check={check.data} /> : "The chain of entries is being checked…"}</p>
      <Button variant="quiet" onClick={again} busy={check.isFetching}>
        Check again
      </Button>
    </div>
  );
}

function Whole({ check }: { check: AuditCheck }) {
  return (
    <>
      Chain whole, {check.entries.toLocaleString("en")} {check.entries === 1 ? "entry" : "entries"}, checked at{" "}
      <time dateTime={check.checked_at} title={fullLabel(check.checked_at)}>
        {timeLabel(check.checked_at)}
      </time>
    </>
  );
}

function Broken({ check, onAgain }: { check: AuditCheck; onAgain: () => void }) {
  return (
    <Notice onRetry={onAgain}>
      <strong>The chain is broken at entry {check.broken_at?.toLocaleString("en")}.</strong> Somebody or something changed the audit behind Parley’s back: “
      {check.finding}”. Compare with a backup or an export of before.
    </Notice>
  );
}
