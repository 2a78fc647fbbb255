import { NetworkError, Problem, renewSession } from "./api";
import type { Attachment, ProblemBody } from "./wire";

type Options = { signal: AbortSignal /** How much is sent, from 0 to 1. */; onProgress: (share: number) => void };

/**
 * Brings a file into a thread. By XMLHttpRequest, as fetch does not say how far it
 * is. Throws Problem, NetworkError, or an AbortError. A session that has run out is
 * renewed once, unnoticed.
 */
export async function upload(threadId: string, file: File, options: Options): Promise<Attachment> {
  const askedAt = Date.now();
  try {
    return await transmit(threadId, file, options);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401 || !(await renewSession(askedAt))) throw error;
    return transmit(threadId, file, options);
  }
}

function transmit(threadId: string, file: File, { signal, onProgress }: Options): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const end = (settle: () => void) => () => {
      signal.removeEventListener("abort", abort);
      settle();
    };
    signal.addEventListener("abort", abort);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = end(() => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as Attachment);
      else reject(problemOf(request));
    });
    request.onerror = end(() => reject(new NetworkError(new Error("the upload broke off"))));
    request.onabort = end(() => reject(new DOMException("The upload was cancelled.", "AbortError")));
    if (signal.aborted) return reject(new DOMException("The upload was cancelled.", "AbortError"));
    const form = new FormData();
    form.append("file", file, file.name);
    request.open("POST", `/api/v1/threads/${threadId}/attachments`);
    request.send(form);
  });
}

function problemOf(request: XMLHttpRequest): Problem {
  const wait = Number(request.getResponseHeader("Retry-After") ?? Number.NaN);
  let body: Partial<ProblemBody> = {};
  try {
    body = JSON.parse(request.responseText) as Partial<ProblemBody>;
  } catch {
    // A proxy in between answers in its own format; the status says enough.
  }
  return new Problem(request.status, body, Number.isFinite(wait) ? wait : undefined);
}
