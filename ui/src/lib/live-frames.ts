import type { Attachment, Message, Person, SecurityNotice, Thread, User } from "./wire";

/** What the page says over the socket. `request_id` is added on the way out. */
export type ClientFrame = { request_id?: string } & (
  | { type: "heartbeat" }
  | { type: "subscribe" | "unsubscribe" | "stop_generation"; thread_id: string }
  | { type: "send_message"; thread_id: string; content: string; client_id: string; attachment_ids?: string[] }
  | { type: "edit_message"; message_id: string; content: string; regenerate?: boolean }
  | { type: "delete_message"; message_id: string }
  | { type: "regenerate"; message_id: string; options: { model?: string; temperature?: number } }
  | { type: "typing_indicator"; thread_id: string; is_typing: boolean }
);

/** An answer as far as it is written, taken in the same instant as the frame that carries it. */
export type Snapshot = {
  message_id: string;
  content: string;
  next_index: number;
  model: string;
  /** What the model reasoned so far, and the index of the reasoning_chunk that comes next. */
  reasoning?: string;
  reasoning_next_index?: number;
};

export type StreamChunk = {
  type: "stream_chunk";
  thread_id: string;
  message_id: string;
  chunk: string;
  chunk_index: number;
  next_index: number;
  is_final: boolean;
  /** On the final chunk alone: the message as stored. */
  message?: Message;
  finish_reason?: string;
  total_tokens?: number;
};

/** A part of what the model reasons before its answer; its indexes are its own. */
export type ReasoningChunk = { type: "reasoning_chunk"; thread_id: string; message_id: string; chunk: string; chunk_index: number; next_index: number };

/** What the server says over the socket. A type that this page does not know is left alone. */
export type ServerFrame =
  | { type: "connection_established"; connection_id: string; protocol_version: string; heartbeat_interval: number; user: User }
  | { type: "heartbeat_ack"; timestamp: string }
  | { type: "ack"; request_id: string; message?: Message }
  | { type: "subscribed"; thread_id: string; streaming: Snapshot | null }
  | { type: "new_message"; message: Message }
  | { type: "message_queued"; message: Message; queue_position: number }
  | { type: "assistant_message_start"; thread_id: string; message_id: string; parent_id: string | null; model: string; queue_position?: number }
  | StreamChunk
  | ReasoningChunk
  | { type: "message_updated"; message: Message }
  | { type: "message_deleted"; thread_id: string; message_id: string; message?: Message }
  | { type: "thread_created" | "thread_updated"; thread: Thread }
  | { type: "thread_deleted"; thread_id: string; project_id?: string }
  | { type: "project_updated"; project_id: string; is_deleted?: boolean }
  | { type: "user_updated"; user: Person }
  | { type: "notice"; notice: SecurityNotice }
  | { type: "summary_available"; thread_id: string }
  | { type: "summary_failed"; thread_id: string; error_code: string; error: string; retry_after: number }
  | { type: "attachment_updated"; thread_id: string; attachment: Attachment }
  | { type: "typing_indicator"; thread_id: string; user_id: string; username: string; display_name: string; is_typing: boolean }
  /** Who looks at the thread: at most fifty are named, all are counted. */
  | { type: "presence"; thread_id: string; users: { user_id: string; username: string; display_name: string }[]; total: number }
  | { type: "error"; error_code: string; error: string; retry_after?: number; request_id?: string; message_id?: string }
  | { type: "server_shutdown"; reconnect_after_ms: number };
