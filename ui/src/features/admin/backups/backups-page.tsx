import { useInfiniteQuery, useIsMutating } from "@tanstack/react-query";
import { Archive } from "lucide-react";
import { ListSkeleton } from "@/components/list-skeleton";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import { sizeLabel } from "@/lib/attachments";
import { fullLabel, momentLabel } from "@/lib/dates";
import { AdminArea } from "../admin-area";
import { backupsQuery, useMakeBackup } from "./queries";

/** The backups that there are, and one more on request. */
export function BackupsPage() {
  const list = useInfiniteQuery(backupsQuery);
  const make = useMakeBackup();
  // One that was begun before this page was left and opened again counts too.
  const making = useIsMutating({ mutationKey: ["admin", "make backup"] }) > 0;
  const { data } = list;
  return (
    <AdminArea
      title="Backups"
      intro={
        <p>
          The whole instance in one file of the server’s folder of backups. Each is read back and proven good before it is listed here. Bring them to another
          machine; <code className="font-mono text-sm">parley restore</code> makes an instance of one.
        </p>
      }
      actions={
        <Button variant="primary" busy={making} onClick={() => make.mutate()}>
          Make a backup now
        </Button>
      }
    >
      <p role="status" className={making ? "mb-4 text-muted text-sm" : "only-spoken"}>
        {making && "A backup is being made. That may take minutes; it goes on if you leave this page."}
      </p>
      {make.isError && <Notice className="mb-4">{messageOf(make.error)}</Notice>}
      {list.isPending && <ListSkeleton />}
      {list.isError && !data && <Notice onRetry={() => void list.refetch()}>{messageOf(list.error)}</Notice>}
      {data?.backups.length === 0 && <p className="border-line border-t py-6 text-muted">There is no backup yet.</p>}
      {data && data.backups.length > 0 && (
        <ul aria-label="Backups" className="border-line border-t">
          {data.backups.map((b) => (
            <li key={b.name} className="flex items-center gap-3 border-line border-b py-3.5 sm:gap-4">
              <Archive aria-hidden="true" className="mx-2 size-4.5 shrink-0 text-faint" />
              <div className="min-w-0 flex-1">
                <p className="font-mono text-sm [overflow-wrap:anywhere]">{b.name}</p>
                <p className="text-faint text-sm">
                  <time dateTime={b.made_at} title={fullLabel(b.made_at)}>
                    Made {momentLabel(b.made_at)}
                  </time>
                </p>
              </div>
              <span className="figures shrink-0 text-muted">{sizeLabel(b.size)}</span>
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button className="mt-6 w-full" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show older backups
        </Button>
      )}
      {list.isFetchNextPageError && <Notice className="mt-3">{messageOf(list.error)}</Notice>}
    </AdminArea>
  );
}
