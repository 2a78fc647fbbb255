import { queryOptions } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { Thread, ThreadContext } from "@/lib/wire";

/** What the model is sent of a thread. It is asked for anew whenever the thread says that this has changed. */
export const contextQuery = ({ id, context, last_message, summary_count }: Thread) =>
  queryOptions({
    queryKey: ["thread-context", id, context, last_message?.id, summary_count],
    queryFn: ({ signal }) => call<ThreadContext>("GET", `/threads/${id}/context`, undefined, { signal }),
  });
