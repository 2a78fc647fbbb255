import { readFile } from "node:fs/promises";

type Event = { type: number; params?: { address?: string; url?: string; initiator?: string } };
type NetLog = { constants: { logEventTypes: Record<string, number> }; events: Event[] };

/** What Chromium itself has done on the network, below anything that a page or a test tool could hide. */
export type Traffic = {
  /** Addresses that it connected to, for the page or for itself. */
  peers: Set<string>;
  /**
   * Datagrams sent. Only those: Chromium finds out whether there is IPv6 by pointing a
   * socket at a known address, which sends nothing.
   */
  datagrams: number;
  /** What pages asked for. The browser's own wishes (autofill, updates, dictionaries) have no origin as initiator. */
  asked: Set<string>;
};

/** Reads the log that --log-net-log has written. */
export async function readNetLog(path: string): Promise<Traffic> {
  const { constants, events } = parse(await readFile(path, "utf8"));
  const kinds = new Map(Object.entries(constants.logEventTypes).map(([name, number]) => [number, name]));
  const traffic: Traffic = { peers: new Set(), datagrams: 0, asked: new Set() };
  for (const { type, params } of events) {
    const kind = kinds.get(type);
    if (kind === "UDP_BYTES_SENT") traffic.datagrams++;
    if (kind === "TCP_CONNECT_ATTEMPT" && params?.address) traffic.peers.add(params.address);
    if (kind === "URL_REQUEST_START_JOB" && params?.url && params.initiator?.startsWith("http")) traffic.asked.add(params.url);
  }
  return traffic;
}

/** A browser that was closed in a hurry leaves the list open. */
function parse(text: string): NetLog {
  try {
    return JSON.parse(text) as NetLog;
  } catch {
    return JSON.parse(`${text.trimEnd().replace(/,$/, "")}]}`) as NetLog;
  }
}
