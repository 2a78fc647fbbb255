import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { PageBody } from "@/components/page-body";
import { PageError } from "@/components/page-state";
import { useMe } from "@/lib/me";
import { projectsQuery } from "@/lib/projects";
import { recentThreads } from "@/lib/threads";
import { useTitle } from "@/lib/title";
import { AskBox } from "./ask-box";
import { FirstProject } from "./first-project";
import { Greeting } from "./greeting";
import { RecentChats } from "./recent-chats";

/** The start page: ask at once; below it what was asked before, or how to begin. */
export default function DashboardPage() {
  useTitle("Parley");
  const me = useMe();
  const projects = useQuery(projectsQuery);
  const recent = useInfiniteQuery(recentThreads);

  if (projects.isError && !projects.data) return <PageError what="start page" error={projects.error} onRetry={() => void projects.refetch()} />;

  const isNew = projects.data?.length === 0;
  return (
    <PageBody>
      <Greeting name={me.display_name} isNew={isNew} />
      <AskBox projects={projects.data} />
      <div className="mt-14">{isNew ? <FirstProject /> : <RecentChats recent={recent} projects={projects.data ?? []} />}</div>
    </PageBody>
  );
}
