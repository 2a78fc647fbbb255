import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useSearch } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { messageOf } from "@/lib/api";
import { toast } from "@/lib/toast";
import { findTarget, type Place, targetOf } from "./target";

/** How long what was looked for stays marked. */
const MARKED_MS = 3_000;

/** A place that the reader is led to. Each time is an object of its own. */
export type Shown = Place & { marked: boolean };

const what = { message: "message", attachment: "file", summary: "summary" } as const;

/**
 * Leads the reader to what the address names, once the newest messages are `loaded`:
 * `isSeeking` while it is looked for further up. Following the same address again leads there again.
 */
export function useTarget(threadId: string, loaded: boolean, onFound: (place: Place) => void): { isSeeking: boolean; shown: Shown | undefined } {
  const client = useQueryClient();
  const search = useSearch();
  const wish = useHistoryState<unknown>(); // another object with every navigation
  const [isSeeking, setSeeking] = useState(false);
  const [shown, setShown] = useState<Shown>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a wish alone is a reason to go there again
  useEffect(() => {
    const target = targetOf(search);
    if (!target || !loaded) return;
    const cancel = new AbortController();
    const { signal } = cancel;
    setSeeking(true);
    findTarget(client, threadId, target, signal)
      .then(
        (place) => {
          if (signal.aborted) return;
          if (!place) return toast(`That ${what[target.kind]} is no longer there.`);
          onFound(place);
          setShown({ ...place, marked: true });
        },
        (error) => signal.aborted || toast(messageOf(error), "danger"),
      )
      .finally(() => signal.aborted || setSeeking(false));
    return () => {
      cancel.abort();
      setSeeking(false);
    };
  }, [client, threadId, loaded, search, wish, onFound]);

  const place = shown?.marked ? shown : undefined;
  useEffect(() => {
    if (!place) return;
    const timer = setTimeout(() => setShown((now) => now && { ...now, marked: false }), MARKED_MS);
    return () => clearTimeout(timer);
  }, [place]);

  return { isSeeking, shown };
}
