import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { MAX_MESSAGE } from "@/lib/limits";
import { useArchiveThread } from "@/lib/threads";
import type { ProjectRole, Thread } from "@/lib/wire";

type Props = {
  id: string;
  thread: Thread;
  role: ProjectRole | undefined;
  count: number /** Why the message has to wait, if it has to. */;
  hindrance: string | undefined;
};

/** Why nothing can be sent right now, or how much room is left. */
export function ComposerNote({ id, thread, role, count, hindrance }: Props) {
  const left = MAX_MESSAGE - count;
  return (
    <div id={id} className="flex flex-wrap items-center gap-x-3 px-4.5 text-muted text-sm not-empty:min-h-13 not-empty:py-1.5">
      {role === "viewer" ? (
        "You have view-only access to this chat."
      ) : thread.is_archived ? (
        <Archived threadId={thread.id} />
      ) : count > 0 ? (
        <span className={cn("figures", left < 0 && "text-danger")}>
          {left < 0 ? `${(-left).toLocaleString("en")} characters over the limit` : `${left.toLocaleString("en")} characters left`}
        </span>
      ) : (
        hindrance
      )}
    </div>
  );
}

function Archived({ threadId }: { threadId: string }) {
  const archive = useArchiveThread();
  return (
    <>
      <span className="flex-1">This chat is archived and read-only.</span>
      <Button busy={archive.isPending} onClick={() => archive.mutate({ id: threadId, archive: false })}>
        Restore
      </Button>
    </>
  );
}
