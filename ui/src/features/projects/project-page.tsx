import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense } from "react";
import { Sections } from "@/components/area";
import { AskComposer } from "@/components/ask-composer";
import { PageBody } from "@/components/page-body";
import { NotFound, PageError } from "@/components/page-state";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { mayWrite, projectQuery } from "@/lib/projects";
import { useTitle } from "@/lib/title";
import type { Project } from "@/lib/wire";
import { Instructions } from "./instructions";
import { ProjectHeader } from "./project-header";
import { ProjectThreads } from "./project-threads";

const Members = lazy(() => import("./members"));
const Activities = lazy(() => import("./activities"));

const sections: Record<string, { name: string; draw: (project: Project) => ReactNode }> = {
  "": { name: "Chats", draw: (project) => <Chats project={project} /> },
  members: { name: "Members", draw: (project) => <Members project={project} /> },
  activity: { name: "Activity", draw: (project) => <Activities project={project} /> },
};

/** A project: its chats, who is in it, and what happened in it. */
export default function ProjectPage({ projectId, section = "" }: { projectId: string; section?: string | undefined }) {
  const project = useQuery(projectQuery(projectId));
  const shown = sections[section];
  const name = project.data?.name;
  useTitle(name && shown && (section ? `${shown.name} · ${name}` : name));
  if (!shown) return <NotFound />;
  if (project.data === null) return <NotFound what="project" />;
  if (project.isError && !project.data) return <PageError what="project" error={project.error} onRetry={() => void project.refetch()} />;
  if (!project.data)
    return (
      <PageBody>
        <Waiting />
      </PageBody>
    );
  return (
    <PageBody>
      <ProjectHeader project={project.data} />
      {project.data.is_damaged && (
        <Notice tone="warning" className="mt-5">
          The record of this project is damaged: its name, description and instructions cannot be read. Its chats are listed below.
        </Notice>
      )}
      <Sections
        label="Parts of the project"
        sections={Object.entries(sections).map(([path, { name }]) => ({ href: `/projects/${projectId}${path && `/${path}`}`, name }))}
      />
      <Suspense fallback={<Skeleton className="mt-8 h-24 rounded-xl" />}>{shown.draw(project.data)}</Suspense>
    </PageBody>
  );
}

function Chats({ project }: { project: Project }) {
  return (
    <>
      {mayWrite(project) && !project.is_damaged && (
        <AskComposer
          project={project}
          draft={`project-${project.id}`}
          label={`Start a chat in ${project.name}`}
          placeholder="Start a chat in this project…"
          className="mt-7"
        />
      )}
      {!project.is_damaged && <Instructions project={project} />}
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
