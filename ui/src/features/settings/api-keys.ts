import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { ApiKeyPage, CreatedApiKey, NewApiKey } from "@/lib/wire";

const key = ["api-keys"] as const;

/** The caller's keys, the newest first. */
export const apiKeysQuery = infiniteQueryOptions({
  queryKey: key,
  queryFn: ({ pageParam, signal }) => call<ApiKeyPage>("GET", `/users/me/api-keys?limit=100${pageParam && `&after=${pageParam}`}`, undefined, { signal }),
  initialPageParam: "",
  getNextPageParam: (page) => (page.has_more ? page.api_keys.at(-1)?.id : undefined),
  select: (data) => data.pages.flatMap((p) => p.api_keys),
  staleTime: 0,
});

export function useCreateApiKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (input: NewApiKey) => call<CreatedApiKey>("POST", "/users/me/api-keys", input),
    onSuccess: () => void cache.invalidateQueries({ queryKey: key }),
  });
}

export function useDeleteApiKey(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => call<void>("DELETE", `/users/me/api-keys/${id}`),
    onSuccess: () => void cache.invalidateQueries({ queryKey: key }),
  });
}

/** What a key may be used for, by the greatest of its scopes: each holds those before it. */
export const scopes = {
  read: { name: "Read", hint: "Reads what you can read, and changes nothing." },
  write: { name: "Read and write", hint: "Does what you can do in projects and chats." },
  admin: { name: "Administration", hint: "Does all that you can do, as an administrator too." },
} as const;

export type Scope = keyof typeof scopes;

export function scopeOf(list: readonly string[]): Scope {
  return list.includes("admin") ? "admin" : list.includes("write") ? "write" : "read";
}
