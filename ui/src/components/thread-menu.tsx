import { Archive, ArchiveRestore, Ellipsis, PenLine, Trash2 } from "lucide-react";
import { useState } from "react";
import { messageOf } from "@/lib/api";
import { useMe } from "@/lib/me";
import { mayOwn, mayWrite } from "@/lib/projects";
import { useArchiveThread } from "@/lib/threads";
import { toast } from "@/lib/toast";
import type { Project, Thread } from "@/lib/wire";
import { DeleteThread } from "./delete-thread";
import { RenameThread } from "./rename-thread";
import { Button } from "./ui/button";
import { Menu, MenuItem, MenuSeparator } from "./ui/menu";

type Props = {
  thread: Thread;
  /** The project it is in, once known: it says what the person may do. */
  project: Project | undefined;
  onDeleted?: () => void;
  className?: string;
};

/** What can be done with a thread, for those who may. */
export function ThreadMenu({ thread, project, onDeleted, className }: Props) {
  const me = useMe();
  const [dialog, setDialog] = useState<"rename" | "delete">();
  const archive = useArchiveThread();
  const mayDelete = mayOwn(project) || (mayWrite(project) && thread.user_id === me.id);
  if (!mayWrite(project)) return null;

  const toggle = () => {
    const to = !thread.is_archived;
    archive.mutate(
      { id: thread.id, archive: to },
      {
        onSuccess: () => toast(to ? "Chat archived" : "Chat is back from the archive"),
        onError: (error) => toast(messageOf(error), "danger"),
      },
    );
  };

  return (
    <>
      <Menu
        trigger={
          <Button variant="quiet" size="icon" aria-label={`More for “${thread.title}”`} className={className}>
            <Ellipsis />
          </Button>
        }
      >
        {!thread.is_archived && (
          <MenuItem onSelect={() => setDialog("rename")}>
            <PenLine /> Rename
          </MenuItem>
        )}
        <MenuItem onSelect={toggle}>
          {thread.is_archived ? <ArchiveRestore /> : <Archive />}
          {thread.is_archived ? "Take out of the archive" : "Archive"}
        </MenuItem>
        {mayDelete && (
          <>
            <MenuSeparator />
            <MenuItem danger onSelect={() => setDialog("delete")}>
              <Trash2 /> Delete
            </MenuItem>
          </>
        )}
      </Menu>
      <RenameThread thread={thread} open={dialog === "rename"} onOpenChange={() => setDialog(undefined)} />
      <DeleteThread thread={thread} open={dialog === "delete"} onOpenChange={() => setDialog(undefined)} {...(onDeleted ? { onDeleted } : {})} />
    </>
  );
}
