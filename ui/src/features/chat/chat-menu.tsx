import { Archive, ArchiveRestore, Ellipsis, Link2, PenLine, ScrollText, Trash2 } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { DeleteThread } from "@/components/delete-thread";
import { copyText } from "@/components/markdown/copy";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { messageOf } from "@/lib/api";
import { useMe } from "@/lib/me";
import { mayOwn } from "@/lib/projects";
import { useArchiveThread } from "@/lib/threads";
import { toast } from "@/lib/toast";
import type { Project, Thread } from "@/lib/wire";
import { askForSummary } from "./summarizing";
import { SummaryDialog } from "./summary-dialog";

type Props = { thread: Thread; project: Project | undefined; mayWrite: boolean };

/** What can be done with a whole chat. */
export function ChatMenu({ thread, project, mayWrite }: Props) {
  const me = useMe();
  const archive = useArchiveThread();
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const [writing, setWriting] = useState(false);
  const mayDelete = mayOwn(project) || thread.user_id === me.id;

  const copyLink = async () => {
    const done = await copyText(`${window.location.origin}/threads/${thread.id}`);
    toast(done ? "Link copied." : "The link could not be copied.", done ? "plain" : "danger");
  };
  const toggleArchived = () =>
    archive.mutate(
      { id: thread.id, archive: !thread.is_archived },
      {
        onSuccess: ({ is_archived }) => toast(is_archived ? "Chat archived. It can be read, not written in." : "Chat un-archived."),
        onError: (error) => toast(messageOf(error), "danger"),
      },
    );

  return (
    <>
      <Menu
        trigger={
          <Button variant="quiet" size="icon" aria-label="Chat menu">
            <Ellipsis />
          </Button>
        }
      >
        <MenuItem onSelect={copyLink}>
          <Link2 />
          Copy link
        </MenuItem>
        {mayWrite && !thread.is_archived && (
          <>
            <MenuItem onSelect={() => void askForSummary(thread.id)}>
              <ScrollText />
              Summarise
            </MenuItem>
            <MenuItem onSelect={() => setWriting(true)}>
              <PenLine />
              Write a summary
            </MenuItem>
          </>
        )}
        {mayWrite && (
          <MenuItem onSelect={toggleArchived}>
            {thread.is_archived ? <ArchiveRestore /> : <Archive />}
            {thread.is_archived ? "Un-archive" : "Archive"}
          </MenuItem>
        )}
        {mayDelete && (
          <>
            <MenuSeparator />
            <MenuItem danger onSelect={() => setAsking(true)}>
              <Trash2 />
              Delete
            </MenuItem>
          </>
        )}
      </Menu>
      <SummaryDialog threadId={thread.id} open={writing} onOpenChange={setWriting} />
      <DeleteThread thread={thread} open={asking} onOpenChange={setAsking} onDeleted={() => navigate(`/projects/${thread.project_id}`, { replace: true })} />
    </>
  );
}
