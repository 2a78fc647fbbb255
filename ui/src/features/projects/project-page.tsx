import { useQuery } from "@tanstack/react-query";
import { AskComposer } from "@/components/ask-composer";
import { PageBody } from "@/components/page-body";
import { NotFound, PageError } from "@/components/page-state";
import { Skeleton } from "@/components/ui/skeleton";
import { mayWrite, projectQuery } from "@/lib/projects";
import { useTitle } from "@/lib/title";
import type { Project } from "@/lib/wire";
import { Instructions } from "./instructions";
import { ProjectHeader } from "./project-header";
import { ProjectThreads } from "./project-threads";

export default function ProjectPage({ projectId }: { projectId: string }) {
  const project = useQuery(projectQuery(projectId));
  useTitle(project.data?.name);
  if (project.data === null) return <NotFound what="project" />;
  if (project.isError && !project.data) return <PageError what="project" error={project.error} onRetry={() => void project.refetch()} />;
  return <PageBody>{project.data ? <Loaded project={project.data} /> : <Waiting />}</PageBody>;
}

function Loaded({ project }: { project: Project }) {
  return (
    <>
      <ProjectHeader project={project} />
      {mayWrite(project) && (
        <AskComposer project={project} label={`Start a chat in ${project.name}`} placeholder="Start a chat in this project…" className="mt-7" />
      )}
      <Instructions project={project} />
      <ProjectThreads project={project} />
    </>
  );
}

function Waiting() {
  return (
    <div className="flex flex-col gap-4">
      <Skeleton className="h-9 w-1/2" />
      <Skeleton className="w-4/5" />
      <Skeleton className="mt-4 h-24 rounded-xl" />
    </div>
  );
}
