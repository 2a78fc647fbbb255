import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearch } from "wouter";
import { More } from "@/components/paged-list";
import { ThreadList, ThreadListSkeleton } from "@/components/thread-list";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import { cn } from "@/lib/cn";
import { threadsQuery } from "@/lib/threads";
import type { Project } from "@/lib/wire";

/** The project's chats; which of the two piles is shown stands in the address. */
export function ProjectThreads({ project }: { project: Project }) {
  const archived = new URLSearchParams(useSearch()).get("show") === "archived";
  const list = useInfiniteQuery(threadsQuery({ projectId: project.id, archived }));
  const { data } = list;
  return (
    <section aria-labelledby="chats" className="mt-10">
      <div className="mb-4 flex items-center justify-between gap-4">
        <h2 id="chats" className="flex items-baseline gap-2.5 font-semibold text-lg">
          Chats {data && data.total > 0 && <span className="figures text-faint">{data.total}</span>}
        </h2>
        <nav aria-label="Which chats" className="-mr-3 flex">
          <Pile href={`/projects/${project.id}`} here={!archived}>
            Open
          </Pile>
          <Pile href={`/projects/${project.id}?show=archived`} here={archived}>
            Archived
          </Pile>
        </nav>
      </div>
      {list.isPending && <ThreadListSkeleton />}
      {list.isError && !data && <Notice onRetry={() => void list.refetch()}>{messageOf(list.error)}</Notice>}
      {data?.threads.length === 0 && (
        <p className="border-line border-t py-6 text-muted">{archived ? "Nothing is archived." : "No chats yet. What you ask above becomes the first one."}</p>
      )}
      {data && <ThreadList threads={data.threads} projectOf={() => project} />}
      <More list={list}>Show older chats</More>
    </section>
  );
}

function Pile({ href, here, children }: { href: string; here: boolean; children: string }) {
  return (
    <Link
      href={href}
      replace
      aria-current={here ? "true" : undefined}
      className={cn(
        "inline-flex h-10 items-center rounded-md px-3 text-sm no-underline",
        here ? "font-medium text-ink underline decoration-2 decoration-accent underline-offset-8" : "text-muted hover:text-ink",
      )}
    >
      {children}
    </Link>
  );
}
