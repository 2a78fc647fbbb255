import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { follow } from "@/lib/live";
import { summariesKey } from "@/lib/live-messages";
import { projectKeys } from "@/lib/projects";
import { retryFailed } from "@/lib/query-client";
import { openSocket, socket, useConnection } from "@/lib/socket";
import { threadKeys } from "@/lib/threads";

/** How often what failed is asked for again while the line is open, ms: a short loss of the network may leave the line as it was. */
const RETRY_EVERY = 5000;

/** Keeps the line to the server open, and what is shown up to date, for as long as someone is signed in. */
export function useLive(): void {
  const cache = useQueryClient();
  useEffect(() => {
    let opened = false;
    const retry = () => {
      if (useConnection.getState().state === "open") retryFailed(cache);
    };
    const timer = setInterval(retry, RETRY_EVERY);
    const stops = [
      () => clearInterval(timer),
      follow(cache, socket),
      openSocket(),
      useConnection.subscribe((now, before) => {
        if (now.state !== "open" || before.state === "open") return;
        retryFailed(cache);
        const again = opened;
        opened = true;
        if (!again) return;
        // Nobody told us what changed while the line was down.
        void cache.invalidateQueries({ queryKey: threadKeys.lists() });
        void cache.invalidateQueries({ queryKey: threadKeys.details() });
        void cache.invalidateQueries({ queryKey: summariesKey() });
        void cache.invalidateQueries({ queryKey: projectKeys.list() });
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [cache]);
}
