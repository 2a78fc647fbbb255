import { Link } from "wouter";
import { ProjectDot } from "@/components/project-dot";
import type { Project, Thread } from "@/lib/wire";
import { ChatMenu } from "./chat-menu";
import { ChatTitle } from "./chat-title";
import { ContextMeter } from "./context-meter";

type Props = { thread: Thread; project: Project | undefined; mayWrite: boolean };

/** What this chat is called and where it belongs. */
export function ChatHeader({ thread, project, mayWrite }: Props) {
  return (
    <header className="flex min-h-14 shrink-0 items-center gap-2 border-line border-b py-1 pr-2 pl-4 sm:pr-3 sm:pl-6">
      <div className="min-w-0 flex-1">
        <ChatTitle thread={thread} mayRename={mayWrite && !thread.is_archived} />
        <p className="flex min-w-0 items-center gap-1.5 text-muted text-xs">
          {project && (
            <Link href={`/projects/${project.id}`} className="flex min-h-6 min-w-0 items-center gap-1.5 rounded-sm no-underline hover:text-ink hover:underline">
              <ProjectDot color={project.color} className="size-2" />
              <span dir="auto" className="truncate">
                {project.name}
              </span>
            </Link>
          )}
          {project?.model && <span className="truncate">· {project.model}</span>}
          {thread.is_private && <span className="shrink-0">· Private</span>}
          {thread.is_archived && <span className="shrink-0">· Archived</span>}
        </p>
      </div>
      <ContextMeter thread={thread} project={project} mayWrite={mayWrite} />
      <ChatMenu thread={thread} project={project} />
    </header>
  );
}
