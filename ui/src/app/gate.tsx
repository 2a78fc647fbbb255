import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { Redirect, useLocation } from "wouter";
import { PageError } from "@/components/page-state";
import { onSignedOut, Problem } from "@/lib/api";
import { meQuery } from "@/lib/me";
import { loginPath } from "@/lib/next";
import { Waiting } from "./waiting";

/** Lets in who is signed in; sends everyone else to the sign-in page and back afterwards. */
export function Gate({ children }: { children: ReactNode }) {
  const me = useQuery(meQuery);
  useSignedOut();
  if (me.data) return children;
  if (me.isPending) return <Waiting />;
  if (me.error instanceof Problem && me.error.status === 401) return <Redirect to={loginPath()} replace />;
  return <PageError what="workspace" error={me.error} onRetry={() => void me.refetch()} />;
}

/** When any request finds the session over, nothing of it stays on the page. */
function useSignedOut() {
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  useEffect(
    () =>
      onSignedOut(() => {
        const to = loginPath();
        cache.clear();
        navigate(to, { replace: true });
      }),
    [cache, navigate],
  );
}
