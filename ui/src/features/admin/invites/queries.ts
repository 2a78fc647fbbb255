import { infiniteQueryOptions, useMutation } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { CreatedInvite, InvitePage, NewInvite } from "@/lib/wire";
import { onRequest, useAskAgain } from "../asking";

/** The invites, the newest first. */
export const invitesQuery = infiniteQueryOptions({
  ...onRequest,
  queryKey: ["admin", "invites"],
  queryFn: ({ pageParam, signal }) => call<InvitePage>("GET", `/invites?limit=100${pageParam && `&after=${pageParam}`}`, undefined, { signal }),
  initialPageParam: "",
  getNextPageParam: (page) => (page.has_more ? page.invites.at(-1)?.id : undefined),
  select: (data) => ({ invites: data.pages.flatMap((p) => p.invites), total: data.pages.at(-1)?.total ?? 0 }),
});

export function useCreateInvite() {
  const again = useAskAgain("invites");
  return useMutation({ mutationFn: (input: NewInvite) => call<CreatedInvite>("POST", "/invites", input), onSuccess: again });
}

export function useDeleteInvite(id: string) {
  const again = useAskAgain("invites");
  return useMutation({ mutationFn: () => call<void>("DELETE", `/invites/${id}`), onSuccess: again });
}
