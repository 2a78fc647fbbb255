import { queryOptions, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { call, Problem, renewalUnderWay, renewSession, sessionBegan } from "./api";
import type { Registration, SessionState, SetupState, SignIn, User } from "./wire";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => whoAmI(signal),
  staleTime: 5 * 60_000,
});

/** Asks first whether there is a session: a refusal would stand in the browser's console as an error, and being signed out is none. */
async function whoAmI(signal: AbortSignal): Promise<User> {
  const attempt = renewalUnderWay();
  const session = await call<SessionState>("GET", `/auth/session${attempt && `?client_id=${attempt}`}`, undefined, { signal });
  if (!session.signed_in && !(session.renewable && (await renewSession()))) throw new Problem(401, { code: "unauthorized", detail: "sign in first" });
  return call<User>("GET", "/users/me", undefined, { signal });
}

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => call<SetupState>("GET", "/setup", undefined, { signal }),
  staleTime: 0,
});

/** The one who is signed in. For use below the gate that made sure of it. */
export function useMe(): User {
  return useSuspenseQuery(meQuery).data;
}

export type Credentials = { login: string; password: string };
export type FirstUser = { token: string; username: string; email: string; password: string };

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (input: Credentials) => call<SignIn>("POST", "/auth/login", input),
    onSuccess: ({ user, expires_in }) => {
      sessionBegan(expires_in);
      cache.setQueryData(meQuery.queryKey, user);
    },
  });
}

export function useSetup() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (input: FirstUser) => call<SignIn>("POST", "/setup", input),
    onSuccess: ({ user, expires_in }) => {
      sessionBegan(expires_in);
      cache.setQueryData(setupQuery.queryKey, (old) => ({ registration: "closed" as const, ...old, required: false }));
      cache.setQueryData(meQuery.queryKey, user);
    },
  });
}

/** Makes an account for oneself and signs in with it. */
export function useRegister() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (input: Registration) => call<SignIn>("POST", "/auth/register", input),
    onSuccess: ({ user, expires_in }) => {
      sessionBegan(expires_in);
      cache.setQueryData(meQuery.queryKey, user);
    },
  });
}

export function useUpdateMe() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (input: Partial<Pick<User, "username" | "display_name" | "email">>) => call<User>("PATCH", "/users/me", input),
    onSuccess: (user) => cache.setQueryData(meQuery.queryKey, user),
  });
}

export function useChangePassword() {
  return useMutation({ mutationFn: (input: { current: string; new: string; end_keys?: boolean }) => call<void>("POST", "/users/me/password", input) });
}

export function useSignOut() {
  return useMutation({ mutationFn: () => call<void>("POST", "/auth/logout", {}) });
}
