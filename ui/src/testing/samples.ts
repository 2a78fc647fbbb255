import type { Account, Attachment, AuditEntry, ContextMeter, Invite, Message, Project, Summary, Thread, User } from "@/lib/wire";

let count = 0;

/** An id as the server makes them; later ones compare as younger. */
export function sampleId(): string {
  return `0198c0de-0000-7000-8000-${String(++count).padStart(12, "0")}`;
}

const NOW = "2026-11-22T10:00:00.000Z";

export const sampleUser = (over: Partial<User> = {}): User => ({
  id: sampleId(),
  username: "ann",
  display_name: over.username ?? "ann",
  email: "ann@example.org",
  role: "admin",
  created_at: NOW,
  ...over,
});

export const sampleProject = (over: Partial<Project> = {}): Project => ({
  id: sampleId(),
  user_id: null,
  name: "Harbour plans",
  description: "",
  color: "teal",
  instructions: "",
  model: "",
  tags: [],
  template_id: "",
  is_archived: false,
  thread_count: 0,
  last_chat_at: null,
  created_at: NOW,
  updated_at: NOW,
  role: "owner",
  ...over,
});

export const sampleContext = (over: Partial<ContextMeter> = {}): ContextMeter => ({
  used: 120,
  budget: 6144,
  limit: 8192,
  limit_source: "server",
  percent: 1,
  severity: "ok",
  left_out: { messages: 0, attachments: 0, tokens: 0 },
  ...over,
});

export function sampleThread(over: Partial<Thread> = {}): Thread {
  const id = over.id ?? sampleId();
  return {
    id,
    project_id: sampleId(),
    user_id: null,
    title: "Which crane can lift the boat?",
    is_private: false,
    is_archived: false,
    archived_at: null,
    message_count: 2,
    total_tokens: 120,
    summary_count: 0,
    last_summary_at: null,
    last_message: { id: sampleId(), content: "The one at the north quay.", is_user: false, created_at: NOW },
    created_at: NOW,
    updated_at: NOW,
    last_activity_at: NOW,
    websocket_url: `/ws/chat/${id}`,
    context: sampleContext(),
    ...over,
  };
}

export const sampleMessage = (over: Partial<Message> = {}): Message => ({
  id: sampleId(),
  thread_id: sampleId(),
  user_id: null,
  is_user: false,
  content: "The one at the north quay.",
  content_html: "<p>The one at the north quay.</p>",
  status: "complete",
  parent_id: null,
  alternatives: [],
  attachments: [],
  token_count: 8,
  model_used: "builtin",
  finish_reason: "stop",
  context_warning: null,
  is_edited: false,
  edited_at: null,
  edit_count: 0,
  is_deleted: false,
  deleted_at: null,
  is_summarized: false,
  summary_id: null,
  created_at: NOW,
  ...over,
});

export const sampleSummary = (over: Partial<Summary> = {}): Summary => ({
  id: sampleId(),
  thread_id: sampleId(),
  summary_text: "The **north** crane lifts boats.",
  key_topics: ["cranes"],
  message_count: 2,
  start_message_id: sampleId(),
  end_message_id: sampleId(),
  token_count: 8,
  model_used: "fake-model",
  is_edited: false,
  is_stale: false,
  source_thread_id: null,
  created_at: NOW,
  ...over,
});

export const sampleAttachment = (over: Partial<Attachment> = {}): Attachment => ({
  id: sampleId(),
  thread_id: sampleId(),
  project_id: sampleId(),
  message_id: null,
  user_id: sampleId(),
  name: "notes.txt",
  size: 1200,
  media_type: "text/plain",
  sha256: "ab".repeat(32),
  scan: { status: "clean", engine: "ClamAV 1.4.3/27800", scanned_at: NOW },
  created_at: NOW,
  ...over,
});

export const sampleAccount = (over: Partial<Account> = {}): Account => ({
  id: sampleId(),
  username: "bob",
  display_name: over.username ?? "bob",
  email: "bob@example.org",
  role: "member",
  is_disabled: false,
  created_at: NOW,
  updated_at: NOW,
  ...over,
});

export const sampleEntry = (over: Partial<AuditEntry> = {}): AuditEntry => ({
  number: ++count,
  at: NOW,
  user_id: "0198c0de-0000-7000-8000-00000000a000",
  username: "ann",
  address: "192.0.2.7",
  action: "user_updated",
  subject_id: sampleId(),
  details: { username: "bob", disabled: "true" },
  hash: "ab".repeat(32),
  ...over,
});

export const sampleInvite = (over: Partial<Invite> = {}): Invite => ({
  id: sampleId(),
  email: "dora@example.org",
  role: "member",
  status: "pending",
  created_by: sampleId(),
  used_by: null,
  used_at: null,
  expires_at: "2026-11-29T10:00:00.000Z",
  created_at: NOW,
  ...over,
});

/** One page that holds the whole list. */
export const sampleList = <K extends string, T>(name: K, items: T[]) =>
  ({ [name]: items, total: items.length, has_more: false }) as Record<K, T[]> & { total: number; has_more: boolean };
