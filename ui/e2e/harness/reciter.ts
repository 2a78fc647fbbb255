import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Question = { messages: { role: string; content: string }[] };

/** A model server that knows certain answers by heart, so that a test can have a chat about anything. */
export class Reciter {
  /** What it answers, by the question. */
  readonly answers = new Map<string, string>();
  private readonly piece: RegExp;
  private readonly server: Server = createServer((request, response) => void this.serve(request, response));

  /** Its answers come in pieces of so many letters. */
  constructor(letters = 400) {
    this.piece = new RegExp(`[\\s\\S]{1,${letters}}`, "gu");
  }

  /** Listens; returns what OPENAI_BASE_URL is set to. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse) {
    const body = await read(request);
    if (request.url?.endsWith("/models")) return response.end(JSON.stringify({ object: "list", data: [{ id: "reciter", object: "model" }] }));
    if (!request.url?.endsWith("/chat/completions")) return response.writeHead(404).end();
    const question = (JSON.parse(body) as Question).messages.findLast((m) => m.role === "user")?.content ?? "";
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const content of (this.answers.get(question) ?? "I have not learnt that.").match(this.piece) ?? []) response.write(event({ content }));
    response.end(`${event({}, "stop")}data: [DONE]\n\n`);
  }
}

function event(delta: object, finish_reason: string | null = null): string {
  return `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", model: "reciter", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
}

async function read(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}
