import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/lib/api";
import { projectKeys } from "@/lib/projects";
import type { ActivityPage, Member, MemberPage, Person, ProjectRole } from "@/lib/wire";

/** All members of a project, by name. */
export const membersQuery = (projectId: string) =>
  queryOptions({ queryKey: projectKeys.members(projectId), queryFn: ({ signal }) => allMembers(projectId, signal) });

async function allMembers(projectId: string, signal: AbortSignal): Promise<Member[]> {
  const all: Member[] = [];
  for (let after = ""; ; ) {
    const page = await call<MemberPage>("GET", `/projects/${projectId}/members?limit=200${after && `&after=${after}`}`, undefined, { signal });
    all.push(...page.members);
    const last = page.members.at(-1);
    if (!page.has_more || !last) return all;
    after = last.user_id;
  }
}

/** What happened in a project, the newest first, page by page. */
export const activitiesQuery = (projectId: string) =>
  infiniteQueryOptions({
    queryKey: projectKeys.activities(projectId),
    queryFn: ({ pageParam, signal }) =>
      call<ActivityPage>("GET", `/activities?project_id=${projectId}&limit=50${pageParam && `&after=${pageParam}`}`, undefined, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.has_more ? page.activities.at(-1)?.id : undefined),
    select: ({ pages }) => pages.flatMap((p) => p.activities),
  });

/** Finds the one person with exactly this user name or email address. */
export const findPerson = (login: string) => call<Person>("GET", `/users/find?${new URLSearchParams({ login })}`);

type Change = { userId: string; role: ProjectRole };

/** Makes somebody a member, or changes their role. Several changes are made one after the other. */
export function usePutMember(projectId: string) {
  const again = useAskAgain(projectId);
  return useMutation({
    mutationFn: async (changes: readonly Change[]) => {
      for (const { userId, role } of changes) await call<Member>("PUT", `/projects/${projectId}/members/${userId}`, { role });
    },
    onSettled: again,
  });
}

/** Takes somebody out of the project. */
export function useRemoveMember(projectId: string, onRemoved: () => void) {
  const again = useAskAgain(projectId);
  return useMutation({
    mutationFn: (userId: string) => call<void>("DELETE", `/projects/${projectId}/members/${userId}`),
    onSuccess: () => {
      onRemoved();
      return again();
    },
  });
}

function useAskAgain(projectId: string) {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: projectKeys.detail(projectId) });
}
