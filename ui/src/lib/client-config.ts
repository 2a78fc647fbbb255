import { queryOptions } from "@tanstack/react-query";
import { call } from "./api";
import type { ClientConfig } from "./wire";

/** Limits and features of the server; they change with a restart at most. */
export const clientConfigQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => call<ClientConfig>("GET", "/config", undefined, { signal }),
  staleTime: 5 * 60_000,
});
