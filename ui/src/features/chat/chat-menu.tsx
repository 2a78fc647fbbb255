import { SquarePen } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { ThreadMenu } from "@/components/thread-menu";
import { MenuItem } from "@/components/ui/menu";
import type { Project, Thread } from "@/lib/wire";
import { SummaryDialog } from "./summary-dialog";

/** What can be done with the chat that is open: what every list offers, and a summary by hand. */
export function ChatMenu({ thread, project }: { thread: Thread; project: Project | undefined }) {
  const [, navigate] = useLocation();
  const [writing, setWriting] = useState(false);
  return (
    <>
      <ThreadMenu
        thread={thread}
        project={project}
        label="Chat menu"
        onSummarize={() => undefined} // the chat itself says so
        onDeleted={() => navigate(`/projects/${thread.project_id}`, { replace: true })}
      >
        <MenuItem onSelect={() => setWriting(true)}>
          <SquarePen /> Write a summary
        </MenuItem>
      </ThreadMenu>
      <SummaryDialog threadId={thread.id} open={writing} onOpenChange={setWriting} />
    </>
  );
}
