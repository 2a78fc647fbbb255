import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { messageOf } from "@/lib/api";
import { byDay, fullLabel, timeLabel } from "@/lib/dates";
import { FORMER_MEMBER } from "@/lib/people";
import type { Activity, Project } from "@/lib/wire";
import { deedOf } from "./deeds";
import { activitiesQuery } from "./queries";

/** What happened in the project, by day. Of private chats nothing is told. */
export default function Activities({ project }: { project: Project }) {
  const list = useInfiniteQuery(activitiesQuery(project.id));
  return (
    <section aria-labelledby="activity" className="mt-8">
      <h2 id="activity" className="mb-4 font-semibold text-lg">
        Activity
      </h2>
      {list.isPending && <Skeleton className="h-24 rounded-lg" />}
      {list.isError && !list.data && <Notice onRetry={() => void list.refetch()}>{messageOf(list.error)}</Notice>}
      {list.data?.length === 0 && <p className="border-line border-t py-6 text-muted">Nothing has happened yet.</p>}
      <div className="flex flex-col gap-6">
        {byDay(list.data ?? [], (a) => a.created_at).map(({ day, items }) => (
          <section key={day} aria-label={day}>
            <h3 className="border-line border-b pb-2 font-medium text-faint text-xs">{day}</h3>
            <ol>
              {items.map((activity) => (
                <Line key={activity.id} activity={activity} />
              ))}
            </ol>
          </section>
        ))}
      </div>
      {list.hasNextPage && (
        <Button className="mt-6 w-full" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show what was before
        </Button>
      )}
      {list.isFetchNextPageError && <Notice className="mt-3">{messageOf(list.error)}</Notice>}
    </section>
  );
}

function Line({ activity }: { activity: Activity }) {
  const { verb, leads } = deedOf(activity);
  return (
    <li className="flex gap-4 py-2.5 text-sm">
      <time dateTime={activity.created_at} title={fullLabel(activity.created_at)} className="figures w-12 shrink-0 pt-0.5 text-faint">
        {timeLabel(activity.created_at)}
      </time>
      <p className="min-w-0 text-muted [overflow-wrap:anywhere]">
        {activity.by_admin && "Administrator "}
        <span className="font-medium text-ink">{activity.display_name || FORMER_MEMBER}</span> {verb.before}
        {verb.object !== undefined &&
          (leads && activity.subject_id ? (
            <Link
              href={`/threads/${activity.subject_id}`}
              className="font-medium text-ink underline decoration-line-strong underline-offset-3 hover:decoration-current"
            >
              {verb.object}
            </Link>
          ) : (
            <span className="font-medium text-ink">{verb.object}</span>
          ))}
        {verb.after}
      </p>
    </li>
  );
}
