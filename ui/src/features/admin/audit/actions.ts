import type { AuditEntry } from "@/lib/wire";

/** What happened, said after the name of who did it. */
type Says = (d: AuditEntry["details"], entry: AuditEntry) => string;

type Kind = { name: string; says: Says };

const somebody = (d: AuditEntry["details"]) => d.username || "somebody";
const plainly =
  (text: string): Says =>
  () =>
    text;

/** Every action that the server notes, by subject, under the names that the page uses. An action that a newer server knows is shown by its own name. */
export const groups: { name: string; actions: Record<string, Kind> }[] = [
  {
    name: "Signing in",
    actions: {
      signed_in: { name: "Signed in", says: plainly("signed in") },
      sign_in_failed: { name: "Sign-in failed", says: failedSignIn },
      signed_out: { name: "Signed out", says: plainly("signed out") },
      session_ended: { name: "Session ended", says: plainly("ended one of their sessions") },
      session_reused: { name: "Session ended: token used twice", says: plainly("lost a session, because its refresh token was used twice") },
    },
  },
  {
    name: "Accounts",
    actions: {
      set_up: { name: "Parley set up", says: plainly("set up Parley") },
      registered: { name: "Registered", says: (d) => `registered as ${d.role ?? "member"}${d.invite ? " with an invite" : ""}` },
      account_changed: {
        name: "Own account changed",
        says: (d) =>
          `changed their ${listed(
            (d.changed ?? "account")
              .replace("display_name", "display name")
              .replace("username", "user name")
              .split(/ (?!name)/),
          )}`,
      },
      password_changed: { name: "Own password changed", says: plainly("changed their password") },
      user_created: { name: "Account made", says: (d) => `made an account for ${somebody(d)}${d.role ? ` (${d.role})` : ""}` },
      user_updated: { name: "Account changed", says: updated },
      user_deleted: { name: "Account deleted", says: (d) => `deleted the account of ${somebody(d)}` },
    },
  },
  {
    name: "Invites and keys",
    actions: {
      invite_created: { name: "Invite made", says: (d) => `made an invite${d.role ? ` for ${d.role === "admin" ? "an administrator" : "a member"}` : ""}` },
      invite_deleted: { name: "Invite withdrawn", says: plainly("withdrew an invite") },
      api_key_created: { name: "API key made", says: (d) => `made the API key “${d.name ?? ""}” (${d.scope ?? "read"})` },
      api_key_deleted: { name: "API key deleted", says: (d) => `deleted the API key “${d.name ?? ""}”` },
      keys_rotated: { name: "Signing key changed", says: (d) => (d.revoked ? "made all access tokens void and a new signing key" : "made a new signing key") },
    },
  },
  {
    name: "Projects, by an administrator",
    actions: {
      member_added: { name: "Member added", says: (d) => `added somebody to a project${d.role ? ` as ${d.role}` : ""}` },
      member_changed: { name: "Member’s role changed", says: (d) => `changed somebody’s role in a project${d.role ? ` to ${d.role}` : ""}` },
      member_removed: { name: "Member removed", says: plainly("took somebody out of a project") },
    },
  },
  {
    name: "Attachments",
    actions: {
      virus_found: { name: "Virus found", says: (d) => `brought a file in which a virus was found (${d.signature ?? "unknown"})` },
      scan_failed: { name: "Scan failed", says: (d) => `brought a file that could not be scanned${d.why ? `: ${d.why}` : ""}` },
      quarantine_ended: {
        name: "Quarantine ended",
        says: (d) => `has a file back in which other signatures find no virus any more (${d.signature ?? "unknown"})`,
      },
    },
  },
  {
    name: "The instance",
    actions: {
      backup_made: { name: "Backup made", says: (d) => `made a backup${d.name ? `: ${d.name}` : ""}` },
      audit_exported: { name: "Audit exported", says: plainly("took a copy of the audit") },
      entry_lost: { name: "Entry lost", says: plainly("did what a damaged entry no longer tells") },
    },
  },
  {
    name: "Looked at",
    actions: {
      status_read: { name: "Status", says: plainly("the status") },
      usage_read: { name: "Usage", says: plainly("the usage") },
      users_listed: { name: "Users", says: plainly("the users") },
      user_read: { name: "One user", says: plainly("a user") },
      invites_listed: { name: "Invites", says: plainly("the invites") },
      backups_listed: { name: "Backups", says: plainly("the backups") },
      audit_checked: { name: "Audit’s chain", says: plainly("whether the audit is whole") },
      audit_read: { name: "Audit", says: plainly("the audit") },
    },
  },
];

const kinds = new Map(groups.flatMap((g) => Object.entries(g.actions)));
const looks = groups.at(-1)?.actions ?? {};

/** Whether nothing was changed, and nothing refused. */
export const isLook = (e: AuditEntry) => e.action in looks && !e.details.failed;

/** Something to look into. */
export const isTrouble = (e: AuditEntry) =>
  Boolean(e.details.failed) || e.action === "sign_in_failed" || ["session_reused", "virus_found", "scan_failed", "entry_lost"].includes(e.action);

/** Who did it, as the entry names them. */
export function actorOf(e: AuditEntry): string {
  if (e.username) return e.user_id ? e.username : e.username.charAt(0).toUpperCase() + e.username.slice(1);
  return "Somebody";
}

/** What they did, as the rest of a sentence. */
export function sentenceOf(e: AuditEntry): string {
  const kind = kinds.get(e.action);
  const did = kind ? (e.action in looks ? `looked at ${kind.says(e.details, e)}` : kind.says(e.details, e)) : `did ${e.action.replaceAll("_", " ")}`;
  return e.details.failed ? `tried, and failed (${e.details.failed.replaceAll("_", " ")}): ${did}` : did;
}

/** What several looks in a row were at. */
export function looksOf(entries: readonly AuditEntry[]): string {
  const seen = new Set(entries.map((e) => kinds.get(e.action)?.says(e.details, e) ?? e.action));
  return `looked at ${listed([...seen])}`;
}

function failedSignIn(d: AuditEntry["details"]): string {
  const where = d.account === "none" ? "failed to sign in to an account that does not exist" : "failed to sign in";
  return d.not_noted ? `${where}; ${d.not_noted} more tries before it were not noted one by one` : where;
}

function updated(d: AuditEntry["details"]): string {
  const parts = [
    d.disabled === "true" && "disabled it",
    d.disabled === "false" && "enabled it",
    d.role && `made it ${d.role === "admin" ? "an administrator’s" : "a member’s"}`,
    d.password && "set a new password",
    d.display_name_was && `changed the display name from ${d.display_name_was} to ${d.display_name}`,
    d.username_was && `renamed it from ${d.username_was}`,
    d.email && "changed its email address",
  ].filter((part) => typeof part === "string" && part !== "") as string[];
  return `changed the account of ${somebody(d)}${parts.length > 0 ? `: ${listed(parts)}` : ""}`;
}

const listed = (words: string[]) => (words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
