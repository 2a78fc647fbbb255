/**
 * What the server and this page say to each other. Times are RFC 3339 in UTC;
 * null stands for "never". Ids are UUIDv7, so comparing two as text compares their age.
 */

export type User = {
  id: string;
  username: string;
  email: string;
  role: "admin" | "member";
  created_at: string;
};

export type ProjectRole = "owner" | "editor" | "viewer";

export type Project = {
  id: string;
  user_id: string | null;
  name: string;
  description: string;
  color: string;
  instructions: string;
  model: string;
  tags: string[];
  template_id: string;
  is_archived: boolean;
  thread_count: number;
  last_chat_at: string | null;
  created_at: string;
  updated_at: string;
  /** The caller's own part in the project. */
  role: ProjectRole;
};

export type ProjectTemplate = {
  id: string;
  name: string;
  description: string;
  instructions: string;
  color: string;
};

export type LastMessage = { content: string; is_user: boolean; created_at: string };

export type ContextMeter = { used: number; limit: number; percent: number; severity: "ok" | "warning" | "critical" };

export type Thread = {
  id: string;
  project_id: string;
  user_id: string | null;
  title: string;
  is_private: boolean;
  is_archived: boolean;
  archived_at: string | null;
  message_count: number;
  total_tokens: number;
  summary_count: number;
  last_summary_at: string | null;
  last_message: LastMessage | null;
  created_at: string;
  updated_at: string;
  last_activity_at: string;
  websocket_url: string;
  context: ContextMeter;
};

export type MessageStatus = "complete" | "streaming" | "stopped" | "interrupted" | "failed";

export type Attachment = {
  id: string;
  thread_id: string;
  user_id: string | null;
  name: string;
  size: number;
  media_type: string;
  sha256: string;
  created_at: string;
};

export type MessageError = { code: string; message: string };

export type Message = {
  id: string;
  thread_id: string;
  user_id: string | null;
  is_user: boolean;
  content: string;
  content_html: string;
  status: MessageStatus;
  parent_id: string | null;
  /** Ids of the other answers to the same question, made by regenerating. */
  alternatives?: string[];
  attachments: Attachment[];
  token_count: number;
  model_used: string;
  finish_reason: string;
  error?: MessageError | null;
  is_edited: boolean;
  edited_at: string | null;
  edit_count: number;
  is_deleted: boolean;
  deleted_at: string | null;
  is_summarized: boolean;
  summary_id: string | null;
  created_at: string;
};

type Listed = { total: number; has_more: boolean };
export type ProjectPage = Listed & { projects: Project[] };
export type TemplatePage = Listed & { project_templates: ProjectTemplate[] };
export type ThreadPage = Listed & { threads: Thread[] };
export type MessagePage = Listed & { messages: Message[] };

export type SetupState = { required: boolean };
/** What signing in answers; the page itself uses the cookies that come along. */
export type SignIn = { access_token: string; token_type: string; expires_in: number; user: User };

export type FieldError = { location: string; message: string };

/** RFC 9457, plus a code to switch on. */
export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  request_id: string;
  errors?: FieldError[];
};
