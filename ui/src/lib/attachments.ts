import { create } from "zustand";
import { announce } from "./announce";
import { call, messageOf } from "./api";
import { upload } from "./upload";
import { uuid } from "./uuid";
import type { Attachment, ClientConfig } from "./wire";

/** A file on its way into a thread, or one that is there and waits to be sent. */
export type Draft = {
  key: string;
  /** Where it is shown: a thread, or a place where one is about to be begun. */
  threadId: string;
  name: string;
  size: number;
  /** How much is sent, from 0 to 1. */
  progress: number;
  /** Why it could not be brought, in a sentence. */
  error?: string;
  /** The stored attachment, once it is there. */
  attachment?: Attachment;
  /** The file itself, where the thread that it goes to is not made yet. */
  file?: File;
};

type Limits = Pick<ClientConfig, "upload_max_bytes" | "upload_max_count">;

const KEY = "parley-attachments";
/** How often the scan of a file is asked for that is waited for. */
const SCAN_POLL_MS = 1_000;
const cancels = new Map<string, AbortController>();

export const useAttachments = create<{ drafts: readonly Draft[] }>(() => ({ drafts: restore() }));

/** Brings files into a thread, all at once; what is too much is said of each. */
export function attach(threadId: string, files: Iterable<File>, limits: Limits | undefined): void {
  for (const { file, draft } of admit(threadId, files, limits)) {
    add(draft);
    if (!draft.error) void bring(draft, file, threadId);
  }
}

/** Keeps files at a place until the thread is made that they go to; see bringHeld. */
export function hold(place: string, files: Iterable<File>, limits: Limits | undefined): void {
  for (const { file, draft } of admit(place, files, limits)) {
    add(draft.error ? draft : { ...draft, file });
    if (!draft.error) announce(`${draft.name} is attached.`);
  }
}

/** Whether any file is held at a place. */
export const hasHeld = (place: string) => draftsOf(place).some((d) => d.file);

/** True for a file that is on its way. */
export const isMoving = (draft: Draft) => !draft.error && !draft.attachment && (!draft.file || cancels.has(draft.key));

/** A file did not get there, or may not be sent; its draft says why. */
export class FileTrouble extends Error {}

/**
 * Brings what is held at a place into a thread and waits until all of it was scanned.
 * Tried again it brings only what is not there yet. Throws FileTrouble.
 */
export async function bringHeld(place: string, threadId: string): Promise<Attachment[]> {
  await Promise.all(draftsOf(place).map((d) => d.file && !d.attachment && bring(d, d.file, threadId)));
  while (draftsOf(place).some((d) => d.attachment?.scan.status === "pending")) {
    await new Promise((done) => setTimeout(done, SCAN_POLL_MS));
    await refreshAttachments(place);
  }
  const drafts = draftsOf(place).filter((d) => d.file); // what was refused from the start is not sent
  if (drafts.some((d) => !d.attachment || troubleOf(d.attachment))) throw new FileTrouble();
  return drafts.flatMap((d) => d.attachment ?? []);
}

/** Holds again what was brought into a thread that is not the one any more. */
export function holdAgain(place: string): void {
  for (const d of draftsOf(place)) if (d.file) change(d.key, { attachment: undefined, progress: 0 });
}

/** Forgets what is held at a place, and stops what is on its way. */
export function dropHeld(place: string): void {
  for (const d of draftsOf(place)) cancels.get(d.key)?.abort();
  keep(useAttachments.getState().drafts.filter((d) => d.threadId !== place));
}

function admit(threadId: string, files: Iterable<File>, limits: Limits | undefined): { file: File; draft: Draft }[] {
  let count = draftsOf(threadId).filter((d) => !d.error).length;
  return [...files].map((file) => {
    const draft: Draft = { key: uuid(), threadId, name: file.name || "file", size: file.size, progress: 0 };
    const refusal = refusalOf(file, ++count, limits);
    if (!refusal) return { file, draft };
    count--;
    return { file, draft: { ...draft, error: refusal } };
  });
}

function add(draft: Draft): void {
  keep([...useAttachments.getState().drafts, draft]);
  if (draft.error) announce(`${draft.name} was not attached. ${draft.error}`);
}

function refusalOf(file: File, count: number, limits: Limits | undefined): string | undefined {
  if (!limits) return undefined;
  if (count > limits.upload_max_count) return `A message has at most ${limits.upload_max_count} attachments.`;
  if (file.size > limits.upload_max_bytes) return `It has ${sizeLabel(file.size)}; at most ${sizeLabel(limits.upload_max_bytes)} are taken.`;
  if (file.size === 0) return "It is empty.";
  return undefined;
}

async function bring(draft: Draft, file: File, threadId: string): Promise<void> {
  const cancel = new AbortController();
  cancels.set(draft.key, cancel);
  change(draft.key, { error: undefined });
  try {
    const attachment = await upload(threadId, file, { signal: cancel.signal, onProgress: (progress) => change(draft.key, { progress }) });
    change(draft.key, { attachment, name: attachment.name, size: attachment.size, progress: 1 });
    announce(`${attachment.name} is attached.`);
  } catch (error) {
    if (cancel.signal.aborted) return;
    change(draft.key, { error: messageOf(error) });
    announce(`${draft.name} was not attached. ${messageOf(error)}`);
  } finally {
    cancels.delete(draft.key);
  }
}

/** Takes a file back: it stops being brought, or is deleted where it is. */
export function detach(key: string): void {
  const draft = useAttachments.getState().drafts.find((d) => d.key === key);
  cancels.get(key)?.abort();
  keep(useAttachments.getState().drafts.filter((d) => d.key !== key));
  // What is left behind by a failure here is never sent, and so expires by itself.
  if (draft?.attachment) void call("DELETE", `/attachments/${draft.attachment.id}`).catch(() => undefined);
}

/** Takes what is ready out, to be sent; what failed goes too. */
export function takeAttachments(threadId: string): Attachment[] {
  const taken = draftsOf(threadId).flatMap((d) => d.attachment ?? []);
  keep(useAttachments.getState().drafts.filter((d) => d.threadId !== threadId));
  return taken;
}

/** Puts back what was taken out and not sent. */
export function returnAttachments(threadId: string, list: readonly Attachment[]): void {
  const back = list.map((a) => ({ key: uuid(), threadId, name: a.name, size: a.size, progress: 1, attachment: a }));
  keep([...useAttachments.getState().drafts, ...back]);
}

/** Takes what the server says of an attachment now. */
export function updateAttachment(attachment: Attachment): void {
  const draft = useAttachments.getState().drafts.find((d) => d.attachment?.id === attachment.id);
  if (!draft || draft.attachment?.scan.status === attachment.scan.status) return;
  change(draft.key, { attachment });
  const trouble = troubleOf(attachment);
  if (trouble) announce(`${attachment.name}: ${trouble}`);
}

/** Asks how the scans of a thread's files stand, for whoever does not hear it by the socket. */
export async function refreshAttachments(threadId: string): Promise<void> {
  const waiting = draftsOf(threadId).flatMap((d) => (d.attachment?.scan.status === "pending" ? [d.attachment] : []));
  await Promise.all(waiting.map((a) => call<Attachment>("GET", `/attachments/${a.id}`).then(updateAttachment, () => undefined)));
}

/** Why a file cannot be opened or sent, in a sentence; undefined if it can, or is only waiting. */
export function troubleOf({ scan }: Attachment): string | undefined {
  if (scan.status === "infected") return `A virus was found (${scan.signature}). It is in quarantine.`;
  if (scan.status === "failed") return `It could not be scanned for viruses: ${scan.signature}.`;
  return undefined;
}

/** How the scan of a file stands, in a few words. */
export function scanLabel({ scan }: Attachment): string {
  switch (scan.status) {
    case "pending":
      return "Being scanned";
    case "infected":
      return "Virus found";
    case "failed":
      return "Could not be scanned";
    case "skipped":
      return "Not scanned";
    default:
      return "No virus found";
  }
}

/** What a person is told before sending a file whose content no model reads; undefined if one does, or if nobody knows yet. */
export function unreadSentence(
  { attachment, file }: Draft,
  config: Pick<ClientConfig, "upload_media_types" | "model_media_types"> | undefined,
): string | undefined {
  const kind = attachment?.media_type ?? file?.type;
  if (!config || !kind || config.model_media_types.includes(kind)) return undefined;
  // Before a file is stored its type is the browser's guess, and counts only if the server knows it.
  return attachment || config.upload_media_types.includes(kind) ? "The model can't read this kind of file" : undefined;
}

/** Whether the bytes of a file may be opened. */
export function isReadable({ scan }: Attachment): boolean {
  return scan.status === "clean" || scan.status === "skipped";
}

/** A number of bytes as people write it. */
export function sizeLabel(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const units = ["KB", "MB", "GB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, "")} ${units[unit]}`;
}

function draftsOf(threadId: string): readonly Draft[] {
  return useAttachments.getState().drafts.filter((d) => d.threadId === threadId);
}

function change(key: string, to: Partial<Draft>): void {
  keep(useAttachments.getState().drafts.map((d) => (d.key === key ? { ...d, ...to } : d)));
}

/** What is there already is also kept for this tab's next life. */
function keep(drafts: readonly Draft[]): void {
  useAttachments.setState({ drafts });
  try {
    sessionStorage.setItem(KEY, JSON.stringify(drafts.filter((d) => d.attachment && !d.file)));
  } catch {
    // Full or forbidden: it lives as long as the page does.
  }
}

function restore(): Draft[] {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as Draft[];
  } catch {
    return [];
  }
}
