import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useMessagesQuery } from "./queries";

/** Finds the name of a file in the messages of a thread that are loaded. */
export function useFileName(threadId: string): (attachmentId: string) => string | undefined {
  const items = useQuery(useMessagesQuery(threadId)).data?.items;
  return useCallback((id) => items?.flatMap((m) => m.attachments).find((a) => a.id === id)?.name, [items]);
}
