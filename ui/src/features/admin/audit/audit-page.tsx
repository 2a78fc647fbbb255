import { useInfiniteQuery } from "@tanstack/react-query";
import { Download, RotateCw, X } from "lucide-react";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { More } from "@/components/paged-list";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import { toast } from "@/lib/toast";
import { AdminArea } from "../admin-area";
import { type AuditFilter, addressOf, everything, isFiltered, readFilter } from "../audit-address";
import { AuditChain } from "./audit-chain";
import { AuditFilterForm } from "./audit-filter";
import { AuditList, AuditSkeleton } from "./audit-list";
import { auditQuery, exportAudit } from "./queries";

/** Who did what to the instance, from where and when. */
export function AuditPage() {
  const filter = readFilter(useSearch());
  const [, navigate] = useLocation();
  const list = useInfiniteQuery(auditQuery(filter));
  // The form starts anew where the filter was changed outside of it, and keeps the focus where it was not.
  const [form, setForm] = useState(0);
  const show = (to: AuditFilter) => navigate(addressOf(to), { replace: true });
  const only = (part: Partial<AuditFilter>) => {
    show({ ...filter, ...part });
    setForm(form + 1);
    document.getElementById("main")?.scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  };
  const { data } = list;
  return (
    <AdminArea
      title="Audit"
      intro={
        <p>
          Who did what, from where and when: never content, never secrets. Each entry holds a hash over itself and the one before, so that one that was changed
          or taken out shows.
        </p>
      }
      actions={
        <>
          <Button
            variant="quiet"
            size="icon"
            aria-label="Ask again"
            title="Ask again"
            onClick={() => void list.refetch()}
            busy={list.isRefetching && !list.isFetchingNextPage}
          >
            <RotateCw />
          </Button>
          <ExportButton filter={filter} />
        </>
      }
    >
      <div className="mb-4">
        <AuditChain />
      </div>
      <AuditFilterForm key={form} filter={filter} onChange={show} />
      <section aria-label="Entries" className="mt-6">
        <p role="status" className="only-spoken">
          {data && counted(data.total, filter)}
        </p>
        {list.isPending && <AuditSkeleton />}
        {list.isError && !data && <Notice onRetry={() => void list.refetch()}>{messageOf(list.error)}</Notice>}
        {data && (
          <>
            <div className="mb-3 flex min-h-10 items-center gap-2">
              <p aria-hidden="true" className="figures text-faint">
                {counted(data.total, filter)}
              </p>
              {isFiltered(filter) && (
                <Button variant="quiet" onClick={() => only(everything)}>
                  <X /> Show everything
                </Button>
              )}
            </div>
            {data.entries.length === 0 && <p className="border-line border-t py-6 text-muted">Nothing of that kind was noted.</p>}
            <AuditList entries={data.entries} folded={filter.action === ""} onOnly={only} />
          </>
        )}
        <More list={list}>Show older entries</More>
      </section>
    </AdminArea>
  );
}

function counted(total: number, filter: AuditFilter): string {
  const entries = total === 1 ? "1 entry" : `${total.toLocaleString("en")} entries`;
  return isFiltered(filter) ? `${entries} found` : entries;
}

function ExportButton({ filter }: { filter: AuditFilter }) {
  const save = () => exportAudit(filter).catch((error: unknown) => toast(messageOf(error), "danger"));
  return (
    <Button onClick={() => void save()} title="One JSON object a line, the oldest first">
      <Download /> {isFiltered(filter) ? "Export these" : "Export"} <span className="only-spoken">as JSON lines</span>
    </Button>
  );
}
