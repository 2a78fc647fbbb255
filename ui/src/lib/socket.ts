import { create } from "zustand";
import { call, Problem } from "./api";
import { type ConnectionStatus, type SocketLike, SocketMachine } from "./socket-machine";

/** This tab's one line to the server. */
export const socket = new SocketMachine({
  // The cookies are its credentials; the page sees neither them nor a token.
  connect: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`) as SocketLike,
  probe: async () => {
    try {
      await call("GET", "/users/me");
      return "ok";
    } catch (error) {
      return error instanceof Problem && error.status === 401 ? "signed_out" : "unreachable";
    }
  },
});

/** The state of the line, and a way to try again now. */
export const useConnection = create<ConnectionStatus & { reconnect: () => void }>(() => ({ ...socket.status, reconnect: () => socket.reconnect() }));
socket.onStatus((status) => useConnection.setState(status));

/** Opens the line and keeps it open until the returned function is called. */
export function openSocket(): () => void {
  const wake = () => {
    if (!document.hidden) socket.wake();
  };
  // The browser's word on the network is a hint only: a machine without internet still reaches its own server.
  const doubt = () => socket.ping();
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("pageshow", wake);
  window.addEventListener("online", wake);
  window.addEventListener("offline", doubt);
  // Whoever asks who we are now finds the session over, and leads to the sign-in page.
  const unwatch = socket.onStatus(({ reason }) => reason === "signed_out" && void call("GET", "/users/me").catch(() => undefined));
  socket.start();
  return () => {
    unwatch();
    document.removeEventListener("visibilitychange", wake);
    window.removeEventListener("pageshow", wake);
    window.removeEventListener("online", wake);
    window.removeEventListener("offline", doubt);
    socket.stop();
  };
}
