import { useEffect, useRef } from "react";
import { announce } from "@/lib/announce";
import type { Thread } from "@/lib/wire";
import { contextSentence } from "./context-words";

/** Tells a screen reader when the context of the open chat becomes tight or full. */
export function useContextNews({ id, context }: Thread): void {
  const before = useRef({ id, severity: context.severity });
  useEffect(() => {
    const was = before.current;
    before.current = { id, severity: context.severity };
    if (was.id === id && was.severity !== context.severity && context.severity !== "ok") announce(contextSentence(context));
  }, [id, context]);
}
