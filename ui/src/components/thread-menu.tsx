import { Archive, ArchiveRestore, Ellipsis, Link2, PenLine, ScrollText, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useMe } from "@/lib/me";
import { mayOwn, mayWrite } from "@/lib/projects";
import { askForSummary } from "@/lib/summarize";
import { useArchiveThread } from "@/lib/threads";
import { toast } from "@/lib/toast";
import type { Project, Thread } from "@/lib/wire";
import { DeleteThread } from "./delete-thread";
import { copyText } from "./markdown/copy";
import { RenameThread } from "./rename-thread";
import { Button } from "./ui/button";
import { Menu, MenuItem, MenuSeparator } from "./ui/menu";

type Props = {
  thread: Thread;
  /** The project it is in, once known: it says what the person may do. */
  project: Project | undefined;
  /** The name of the button; without it, one that names the thread. */
  label?: string;
  /** Further items, for who may write in an open thread. */
  children?: ReactNode;
  /** Runs once a summary was asked for; without it a toast says so. */
  onSummarize?: () => void;
  onDeleted?: () => void;
  className?: string;
};

/** What can be done with a thread: the same in its header and in every list. */
export function ThreadMenu({ thread, project, label, children, onSummarize, onDeleted, className }: Props) {
  const me = useMe();
  const [dialog, setDialog] = useState<"rename" | "delete">();
  const archive = useArchiveThread();
  const editor = mayWrite(project);
  const mayDelete = mayOwn(project) || thread.user_id === me.id;
  const close = () => setDialog(undefined);
  const summarize = async () => {
    if (await askForSummary(thread.id)) (onSummarize ?? (() => toast("Summarising the chat")))();
  };
  return (
    <>
      <Menu
        trigger={
          <Button variant="quiet" size="icon" aria-label={label ?? `More for “${thread.title || "New chat"}”`} className={className}>
            <Ellipsis />
          </Button>
        }
      >
        {editor && !thread.is_archived && (
          <MenuItem onSelect={() => setDialog("rename")}>
            <PenLine /> Rename
          </MenuItem>
        )}
        <MenuItem onSelect={() => void copyLink(thread.id)}>
          <Link2 /> Copy link
        </MenuItem>
        {editor && !thread.is_archived && (
          <>
            <MenuItem onSelect={() => void summarize()}>
              <ScrollText /> Summarise
            </MenuItem>
            {children}
          </>
        )}
        {editor && (
          <MenuItem onSelect={() => archive.mutate({ id: thread.id, archive: !thread.is_archived })}>
            {thread.is_archived ? <ArchiveRestore /> : <Archive />}
            {thread.is_archived ? "Restore" : "Archive"}
          </MenuItem>
        )}
        {mayDelete && (
          <>
            <MenuSeparator />
            <MenuItem danger onSelect={() => setDialog("delete")}>
              <Trash2 /> Delete
            </MenuItem>
          </>
        )}
      </Menu>
      <RenameThread thread={thread} open={dialog === "rename"} onOpenChange={close} />
      <DeleteThread thread={thread} open={dialog === "delete"} onOpenChange={close} {...(onDeleted ? { onDeleted } : {})} />
    </>
  );
}

async function copyLink(id: string): Promise<void> {
  const done = await copyText(`${window.location.origin}/threads/${id}`);
  toast(done ? "Link copied" : "The link could not be copied", done ? "plain" : "danger");
}
