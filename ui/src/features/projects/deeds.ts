import type { Activity } from "@/lib/wire";

/** A line of the feed after the name of who did it: words, what it is about, words. */
type Verb = { before: string; object?: string; after?: string };

/** What somebody did, in words, and whether its object can be gone to. */
export function deedOf(activity: Activity): { verb: Verb; leads: boolean } {
  const { kind, title, detail } = activity;
  const chat = title || "a chat that is gone";
  const leads = title !== "";
  const person = title || "somebody whose account is gone";
  switch (kind) {
    case "thread_created":
      return { verb: { before: "began ", object: chat }, leads };
    case "thread_renamed":
      return { verb: { before: "changed ", object: chat }, leads };
    case "thread_archived":
      return { verb: { before: "archived ", object: chat }, leads };
    case "thread_unarchived":
      return { verb: { before: "took ", object: chat, after: " out of the archive" }, leads };
    case "thread_deleted":
      return { verb: { before: "deleted a chat" }, leads: false };
    case "member_added":
      return { verb: { before: "took in ", object: person, after: as(detail) }, leads: false };
    case "member_changed":
      return { verb: { before: "made ", object: person, after: detail && ` ${article(detail)}` }, leads: false };
    case "member_removed":
      return { verb: { before: "removed ", object: person }, leads: false };
    case "member_left":
      return { verb: { before: "left the project" }, leads: false };
    case "project_created":
      return { verb: { before: "made the project" }, leads: false };
    case "project_archived":
      return { verb: { before: "archived the project" }, leads: false };
    case "project_unarchived":
      return { verb: { before: "took the project out of the archive" }, leads: false };
    case "project_updated":
      return { verb: { before: "changed the project" }, leads: false };
    default:
      return { verb: { before: kind.replaceAll("_", " "), ...(title ? { object: `: ${title}` } : {}) }, leads: false }; // of a newer server
  }
}

const as = (role: string) => role && ` as ${article(role)}`;
const article = (role: string) => (/^[aeiou]/.test(role) ? `an ${role}` : `a ${role}`);
