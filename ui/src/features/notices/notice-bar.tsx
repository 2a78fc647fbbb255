import { useQuery } from "@tanstack/react-query";
import { ShieldAlert, X } from "lucide-react";
import { Button } from "@/components/ui/button";
import { fullLabel, momentLabel } from "@/lib/dates";
import { isPressing, noticesQuery, sentenceOf, useReadNotice } from "@/lib/notices";

/** The newest notice that is not read, above every page. It stays until its person has read it. */
export function NoticeBar() {
  const { data } = useQuery(noticesQuery);
  const read = useReadNotice();
  const pressing = data?.filter(isPressing) ?? [];
  const notice = pressing[0];
  if (!notice) return null;
  return (
    <section aria-label="Notices" className="shrink-0 border-line border-b bg-warning-soft py-1.5 pr-1.5 pl-4 text-sm sm:pr-4 sm:pl-6">
      <div className="flex items-center gap-3">
        <ShieldAlert aria-hidden="true" className="size-4 shrink-0 text-warning" />
        <p role="status" className="min-w-0 flex-1 text-ink [overflow-wrap:anywhere]">
          {sentenceOf(notice)}
          <span className="text-muted"> · </span>
          <time dateTime={notice.updated_at} title={fullLabel(notice.updated_at)} className="text-muted">
            {momentLabel(notice.updated_at)}
          </time>
          {pressing.length > 1 && <span className="text-muted"> · {pressing.length - 1} more</span>}
        </p>
        <Button variant="quiet" className="max-sm:size-11 max-sm:px-0" title="Mark as read" busy={read.isPending} onClick={() => read.mutate(notice.id)}>
          <X className="sm:hidden" />
          <span className="max-sm:only-spoken">Mark as read</span>
        </Button>
      </div>
    </section>
  );
}
