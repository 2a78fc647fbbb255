import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { follow } from "./live";
import { meQuery } from "./me";
import { openSocket, socket } from "./socket";

/** Keeps the page in step with the server for as long as the calling component is there: use it once, where someone is signed in. */
export function useLive(): void {
  const client = useQueryClient();
  useEffect(() => {
    const unfollow = follow(client, socket);
    // Asking who we are finds the session over, which leads to the sign-in page.
    const unwatch = socket.onStatus(({ reason }) => {
      if (reason === "signed_out") void client.invalidateQueries({ queryKey: meQuery.queryKey });
    });
    const close = openSocket();
    return () => {
      unwatch();
      close();
      unfollow();
    };
  }, [client]);
}
