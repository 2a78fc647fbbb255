import { useEffect, useRef } from "react";
import { announce } from "@/lib/announce";
import type { Message, MessageStatus } from "@/lib/wire";
import { errorSentence } from "./error-sentence";

/** Tells a screen reader, once and in a whole sentence, when an answer begins and how it ended. */
export function useAnnouncements(items: readonly Message[] | undefined): void {
  const before = useRef<Map<string, MessageStatus>>(undefined);
  useEffect(() => {
    if (!items) return;
    const known = before.current;
    before.current = new Map(items.map((m) => [m.id, m.status]));
    if (!known) return; // what was there on arrival is no news
    for (const message of items) {
      if (message.is_user) continue;
      const was = known.get(message.id);
      if (was === undefined && message.status === "streaming") announce("Answering.");
      else if (was === "streaming" && message.status !== "streaming") announce(ending(message));
    }
  }, [items]);
}

function ending(message: Message): string {
  switch (message.status) {
    case "stopped":
      return "Answer stopped.";
    case "interrupted":
      return "The answer was interrupted.";
    case "failed":
      return `The answer failed. ${errorSentence(message)}`;
    default:
      return "Answer finished.";
  }
}
