import { useEffect, useRef } from "react";
import { announce } from "@/lib/announce";
import type { Message, MessageStatus } from "@/lib/wire";
import { errorSentence } from "./error-sentence";

/** Tells a screen reader, once and in a whole sentence, when an answer begins and how it ended. */
export function useAnnouncements(items: readonly Message[] | undefined, me: string): void {
  const before = useRef<Map<string, MessageStatus>>(undefined);
  useEffect(() => {
    if (!items) return;
    const known = before.current;
    before.current = new Map(items.map((m) => [m.id, m.status]));
    if (!known) return; // what was there on arrival is no news
    for (const message of items) {
      const was = known.get(message.id);
      if (message.is_user) {
        if (was === undefined && message.status === "queued" && message.user_id === me) announce("Your question is in the queue.");
        continue;
      }
      if (was === undefined && message.status === "streaming") announce("Answering.");
      else if (was === "streaming" && message.status !== "streaming") announce(ending(message));
    }
  }, [items, me]);
}

function ending(message: Message): string {
  switch (message.status) {
    case "stopped":
      return message.stopped_by ? `Answer stopped by ${message.stopped_by.name}.` : "Answer stopped.";
    case "interrupted":
      return "The answer was interrupted.";
    case "failed":
      return `The answer failed. ${errorSentence(message)}`;
    default:
      return "Answer finished.";
  }
}
