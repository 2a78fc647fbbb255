import { Lock } from "lucide-react";
import { Link } from "wouter";
import { byDay, fullLabel, timeLabel } from "@/lib/dates";
import type { Project, Thread } from "@/lib/wire";
import { ProjectDot } from "./project-dot";
import { ThreadMenu } from "./thread-menu";
import { Skeleton } from "./ui/skeleton";

type Props = {
  threads: readonly Thread[];
  /** Finds the project of a thread. */
  projectOf: (thread: Thread) => Project | undefined;
  /** Whether to say which project a thread is in. */
  named?: boolean;
};

/** Threads as in a logbook: by day, the time in the margin. */
export function ThreadList({ threads, projectOf, named = false }: Props) {
  return (
    <div className="flex flex-col gap-6">
      {byDay(threads, (t) => t.last_activity_at).map(({ day, items }) => (
        <section key={day} aria-label={day}>
          <h3 className="border-line border-b pb-2 font-medium text-faint text-xs">{day}</h3>
          <ul>
            {items.map((t) => (
              <Row key={t.id} thread={t} project={projectOf(t)} named={named} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Row({ thread, project, named }: { thread: Thread; project: Project | undefined; named: boolean }) {
  return (
    <li className="group -mx-3 relative flex items-center gap-2 rounded-md pr-1 pl-3 transition-colors duration-100 hover:bg-sunken has-[a:focus-visible]:bg-sunken">
      <time
        dateTime={thread.last_activity_at}
        title={fullLabel(thread.last_activity_at)}
        className="figures hidden w-14 shrink-0 self-start pt-4 text-faint sm:block"
      >
        {timeLabel(thread.last_activity_at)}
      </time>
      <div className="min-w-0 flex-1 py-3">
        <Link href={`/threads/${thread.id}`} className="flex items-center gap-2 no-underline after:absolute after:inset-0 after:rounded-md">
          <span dir="auto" className="truncate font-medium">
            {thread.title || "New chat"}
          </span>
          {thread.is_private && <Lock role="img" aria-label="Only you see this" className="size-3.5 shrink-0 text-faint" />}
        </Link>
        <p className="flex items-center gap-3 text-muted text-sm">
          {named && project && (
            <span className="flex min-w-0 max-w-1/2 shrink-0 items-center gap-1.5">
              <ProjectDot color={project.color} className="size-2" />
              <span dir="auto" className="truncate">
                {project.name}
              </span>
            </span>
          )}
          <Excerpt thread={thread} />
        </p>
      </div>
      <ThreadMenu thread={thread} project={project} className="relative z-10" />
    </li>
  );
}

/** The beginning of the last message, in its own direction. */
function Excerpt({ thread: { last_message: last, is_damaged } }: { thread: Thread }) {
  if (is_damaged) return <span className="truncate text-warning">This chat's record is damaged</span>;
  if (!last) return <span className="truncate text-faint">No messages yet</span>;
  return (
    <>
      {last.is_user && <span className="-mr-2 shrink-0 text-faint">Asked:</span>}
      <span dir="auto" className="truncate text-faint">
        {last.content}
      </span>
    </>
  );
}

export function ThreadListSkeleton() {
  return (
    <div className="flex flex-col gap-7 py-4" aria-hidden="true">
      {["w-3/5", "w-2/5", "w-1/2", "w-2/3"].map((width) => (
        <div key={width} className="flex flex-col gap-2.5 sm:pl-16">
          <Skeleton className={width} />
          <Skeleton className="h-3 w-4/5" />
        </div>
      ))}
    </div>
  );
}
