import { ThreadList, ThreadListSkeleton } from "@/components/thread-list";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import type { Project, Thread } from "@/lib/wire";

type Props = {
  recent: { data: { threads: Thread[] } | undefined; isPending: boolean; error: unknown; refetch: () => unknown };
  projects: readonly Project[];
};

export function RecentChats({ recent, projects }: Props) {
  const projectOf = (t: Thread) => projects.find((p) => p.id === t.project_id);
  return (
    <section aria-labelledby="recent-chats">
      <h2 id="recent-chats" className="only-spoken">
        Recent chats
      </h2>
      {recent.isPending && <ThreadListSkeleton />}
      {recent.error != null && !recent.data && <Notice onRetry={() => recent.refetch()}>{messageOf(recent.error)}</Notice>}
      {recent.data?.threads.length === 0 && <p className="text-muted">No chats yet. What you ask above becomes the first one.</p>}
      {recent.data && <ThreadList threads={recent.data.threads} projectOf={projectOf} named />}
    </section>
  );
}
