import { useInfiniteQuery, useIsMutating } from "@tanstack/react-query";
import { Archive } from "lucide-react";
import { PagedList } from "@/components/paged-list";
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
      <PagedList list={list} items={list.data?.backups} label="Backups" empty="There is no backup yet." more="Show older backups">
        {(b) => (
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
        )}
      </PagedList>
    </AdminArea>
  );
}
