import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "./api";
import { deleting, type Gone, markGone, unlessGone } from "./gone";
import { threadKeys } from "./threads";
import { uuid } from "./uuid";
import type { NewProject, Project, ProjectPage, TemplatePage, Thread } from "./wire";

export const projectKeys = {
  list: () => ["projects"] as const,
  detail: (id: string) => ["project", id] as const,
  /** Below the project: whatever tells that it has changed tells it of these too. */
  members: (id: string) => ["project", id, "members"] as const,
  activities: (id: string) => ["project", id, "activities"] as const,
};

/** All projects of the caller, by name. */
export const projectsQuery = queryOptions({
  queryKey: projectKeys.list(),
  queryFn: ({ signal }) => allProjects(signal),
});

async function allProjects(signal: AbortSignal): Promise<Project[]> {
  const all: Project[] = [];
  for (let after = ""; ; ) {
    const page = await call<ProjectPage>("GET", `/projects?limit=200${after && `&after=${after}`}`, undefined, { signal });
    all.push(...page.projects);
    const last = page.projects.at(-1);
    if (!page.has_more || !last) return all;
    after = last.id;
  }
}

export const projectQuery = (id: string) =>
  queryOptions<Project | Gone>({
    ...unlessGone,
    queryKey: projectKeys.detail(id),
    queryFn: ({ signal }) => call<Project>("GET", `/projects/${encodeURIComponent(id)}`, undefined, { signal }),
  });

export const templatesQuery = queryOptions({
  queryKey: ["project-templates"],
  queryFn: async ({ signal }) => (await call<TemplatePage>("GET", "/project-templates", undefined, { signal })).project_templates,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Puts a project as the server has it everywhere that it is shown. */
export function putProject(cache: QueryClient, project: Project): void {
  cache.setQueryData(projectKeys.detail(project.id), project);
  cache.setQueryData(projectsQuery.queryKey, (old) => {
    if (!old) return old;
    const rest = old.filter((p) => p.id !== project.id);
    return [...rest, project].sort((a, b) => a.name.toLowerCase().localeCompare(b.name.toLowerCase()));
  });
}

/** Takes a project that was deleted, and its threads, out of all that is shown. */
export function dropProject(cache: QueryClient, id: string): void {
  cache.setQueryData(projectsQuery.queryKey, (old) => old?.filter((p) => p.id !== id));
  markGone(cache, projectKeys.detail(id));
  for (const [key, thread] of cache.getQueriesData<Thread | Gone>({ queryKey: ["thread"] })) if (thread?.project_id === id) markGone(cache, key);
  void cache.invalidateQueries({ queryKey: threadKeys.lists() });
}

export function useCreateProject() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (input: NewProject) => call<Project>("POST", "/projects", { client_id: uuid(), ...input }),
    onSuccess: (project) => putProject(cache, project),
  });
}

export function useUpdateProject(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (input: Partial<Omit<NewProject, "client_id" | "template_id">>) => call<Project>("PATCH", `/projects/${id}`, input),
    onSuccess: (project) => putProject(cache, project),
  });
}

/** Deletes a project; `onDeleted` first leaves its page. */
export function useDeleteProject(id: string, onDeleted: () => void) {
  const cache = useQueryClient();
  return useMutation({
    ...deleting(id),
    mutationFn: () => call<void>("DELETE", `/projects/${id}`),
    onSuccess: () => {
      onDeleted();
      dropProject(cache, id);
    },
  });
}

/** May the caller write in the project, and may they change it? */
export const mayWrite = (project: Project | Gone | undefined) => project != null && project.role !== "viewer";
export const mayOwn = (project: Project | Gone | undefined) => project?.role === "owner";
