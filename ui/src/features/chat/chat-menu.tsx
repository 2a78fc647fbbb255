import { Archive, ArchiveRestore, Ellipsis, Link2, Trash2 } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { copyText } from "@/components/markdown/copy";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { messageOf } from "@/lib/api";
import { useMe } from "@/lib/me";
import { mayOwn } from "@/lib/projects";
import { useArchiveThread, useDeleteThread } from "@/lib/threads";
import { toast } from "@/lib/toast";
import type { Project, Thread } from "@/lib/wire";

type Props = { thread: Thread; project: Project | undefined; mayWrite: boolean };

/** What can be done with a whole chat. */
export function ChatMenu({ thread, project, mayWrite }: Props) {
  const me = useMe();
  const archive = useArchiveThread();
  const [asking, setAsking] = useState(false);
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
      <DeleteDialog thread={thread} open={asking} onOpenChange={setAsking} />
    </>
  );
}

function DeleteDialog({ thread, open, onOpenChange }: { thread: Thread; open: boolean; onOpenChange: (open: boolean) => void }) {
  const remove = useDeleteThread();
  const [, navigate] = useLocation();
  const confirm = () =>
    remove.mutate(thread.id, {
      onSuccess: () => {
        toast("Chat deleted.");
        navigate(`/projects/${thread.project_id}`, { replace: true });
      },
    });
  return (
    <Confirm
      open={open}
      onOpenChange={onOpenChange}
      title="Delete this chat?"
      action="Delete chat"
      onConfirm={confirm}
      busy={remove.isPending}
      error={remove.error}
    >
      <p>“{thread.title || "New chat"}” and all its messages are deleted for good, for everyone in the project. To put it away instead, archive it.</p>
    </Confirm>
  );
}
