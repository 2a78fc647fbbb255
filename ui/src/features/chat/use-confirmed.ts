import { useEffect } from "react";
import type { Message } from "@/lib/wire";
import { confirm, type Outgoing } from "./outbox";
import { claim } from "./rows";

/** Forgets failed messages that reached the server after all, their confirmation alone being lost. */
export function useConfirmed(items: readonly Message[] | undefined, waiting: readonly Outgoing[]): void {
  useEffect(() => {
    const failed = waiting.filter((m) => m.state !== "sending" && m.threadId === items?.[0]?.thread_id);
    if (!items || failed.length === 0) return;
    for (const [messageId, clientId] of claim(items, failed)) confirm(clientId, messageId);
  }, [items, waiting]);
}
