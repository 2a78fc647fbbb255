import { infiniteQueryOptions, queryOptions, useMutation } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { Account, AccountChange, AccountDetail, AccountPage, NewAccount } from "@/lib/wire";
import { onRequest, useAskAgain } from "../asking";

/** Which users; "" does not matter. */
export type UserFilter = { search: string; role: string; disabled: string };

/** The users by name; each page follows the last of the one before. */
export const usersQuery = (filter: UserFilter) =>
  infiniteQueryOptions({
    ...onRequest,
    queryKey: ["admin", "users", filter],
    queryFn: ({ pageParam, signal }) => call<AccountPage>("GET", `/users?${paramsOf(filter, pageParam)}`, undefined, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.has_more ? page.users.at(-1)?.id : undefined),
    select: (data) => ({ users: data.pages.flatMap((p) => p.users), total: data.pages.at(-1)?.total ?? 0 }),
  });

function paramsOf(filter: UserFilter, after: string): URLSearchParams {
  const given = Object.entries({ ...filter, after }).filter(([, value]) => value !== "");
  return new URLSearchParams([...given, ["limit", "100"]]);
}

export const userQuery = (id: string) =>
  queryOptions({
    ...onRequest,
    queryKey: ["admin", "user", id],
    queryFn: ({ signal }) => call<AccountDetail>("GET", `/users/${id}`, undefined, { signal }),
  });

export function useCreateUser() {
  const again = useAskAgain("users");
  return useMutation({ mutationFn: (input: NewAccount) => call<Account>("POST", "/users", input), onSuccess: again });
}

export function useUpdateUser(id: string) {
  const again = useAskAgain("users");
  return useMutation({ mutationFn: (input: AccountChange) => call<Account>("PATCH", `/users/${id}`, input), onSuccess: again });
}

export function useDeleteUser(id: string) {
  const again = useAskAgain("users");
  return useMutation({ mutationFn: () => call<void>("DELETE", `/users/${id}`), onSuccess: again });
}
