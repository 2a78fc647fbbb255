import { QueryClient } from "@tanstack/react-query";
import { NetworkError, Problem } from "./api";

/** Made per page, and per test. */
export function newQueryClient({ retries = 2 } = {}): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (count, error) => count < retries && isPassing(error),
        retryDelay: (count) => 400 * 2 ** count,
        // Offline is judged by asking: a private network has no "internet" to be seen.
        networkMode: "always",
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

/** Fetches again what failed only because the server was away or unwell: an error page goes when the line is back. */
export function retryFailed(client: QueryClient): void {
  const failed = client.getQueryCache().findAll({ predicate: ({ state }) => state.status === "error" && isPassing(state.error) });
  for (const query of failed)
    if (query.isActive()) void query.fetch().catch(() => undefined);
    else query.reset();
}

/** Reports whether an error may pass without anyone having to change anything. */
function isPassing(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof Problem && error.status >= 502 && error.status <= 504);
}
