import { queryOptions, useMutation } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { InstanceStatus } from "@/lib/wire";
import { onRequest } from "../asking";

/** How the instance is. All its parts are asked, so it may take as long as the slowest. */
export const statusQuery = queryOptions({
  ...onRequest,
  queryKey: ["admin", "status"],
  queryFn: ({ signal }) => call<InstanceStatus>("GET", "/admin/status", undefined, { signal }),
});

export function useRotateKeys() {
  return useMutation({ mutationFn: (revoke: boolean) => call<unknown>("POST", "/admin/keys/rotate", { revoke }) });
}
