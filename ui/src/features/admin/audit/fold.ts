import type { AuditEntry } from "@/lib/wire";
import { isLook } from "./actions";

/** One line of the list: an entry, or several looks of one person in a row. */
export type Line = readonly [AuditEntry, ...AuditEntry[]];

/** Puts looks that follow one another together, so that they do not hide what was done. */
export function fold(entries: readonly AuditEntry[]): Line[] {
  const lines: [AuditEntry, ...AuditEntry[]][] = [];
  for (const entry of entries) {
    const before = lines.at(-1);
    if (before && isLook(entry) && isLook(before[0]) && before[0].user_id === entry.user_id && before[0].address === entry.address) before.push(entry);
    else lines.push([entry]);
  }
  return lines;
}
