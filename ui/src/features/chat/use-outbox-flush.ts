import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { meQuery } from "@/lib/me";
import { useConnection } from "@/lib/socket";
import { flush, useOutbox } from "./outbox";

/** How often held messages are tried where nothing says that the server is within reach, as behind some proxies. */
const TRY_MS = 5_000;

/** Sends messages that are held as soon as the server can be reached, from whichever page is shown. */
export function useOutboxFlush(): void {
  const client = useQueryClient();
  const open = useConnection((line) => line.state === "open");
  const held = useOutbox((box) => box.waiting.some((m) => m.state === "held"));
  useEffect(() => {
    if (!held) return;
    const go = () => flushAsMe(client);
    if (open) go();
    const timer = setInterval(go, TRY_MS);
    window.addEventListener("online", go);
    return () => {
      clearInterval(timer);
      window.removeEventListener("online", go);
    };
  }, [client, open, held]);
}

/** What one person wrote is never sent in the name of another who signed in after them. */
function flushAsMe(client: QueryClient): void {
  const me = client.getQueryData(meQuery.queryKey);
  if (me) void flush(client, me.id);
}
