import type { BrowserContext, ConsoleMessage, Page } from "@playwright/test";

import { Canaries } from "./canaries";

type Exception = { pattern: RegExp; why: string };

/** Sees all that a browser says and asks for, in every page of the contexts that it follows. */
export class Watch {
  /** Every address that was asked for. */
  readonly requests: string[] = [];
  /** Every text that was sent. */
  readonly sent = new Canaries();
  private readonly complaints: string[] = [];
  private readonly exceptions: Exception[] = [];

  follow(context: BrowserContext): void {
    context.on("console", (message) => this.hear(message));
    context.on("weberror", (error) => this.complaints.push(`uncaught: ${error.error().stack ?? error.error()}`));
    context.on("request", (request) => {
      this.requests.push(request.url());
      this.sent.hear(request.postData());
    });
    context.on("page", (page) => this.followPage(page));
  }

  /** Lets pass what the browser itself says about something the test does on purpose. */
  allow(pattern: RegExp, why: string): void {
    this.exceptions.push({ pattern, why });
  }

  /** What was said, and which requests left the machine. */
  findings(): string[] {
    const abroad = this.requests.filter((url) => !isLocal(url)).map((url) => `asked for ${url}`);
    const said = this.complaints.filter((text) => !this.exceptions.some(({ pattern }) => pattern.test(text)));
    return [...said, ...abroad];
  }

  private followPage(page: Page) {
    page.on("websocket", (socket) => {
      this.requests.push(socket.url());
      socket.on("framesent", ({ payload }) => this.sent.hear(payload.toString()));
    });
    page.on("crash", () => this.complaints.push(`the page crashed at ${page.url()}`));
  }

  private hear(message: ConsoleMessage) {
    if (message.type() !== "error" && message.type() !== "warning") return;
    this.complaints.push(`console.${message.type()}: ${message.text()} (${message.location().url}:${message.location().lineNumber})`);
  }
}

/** Of 127.0.0.1, or made by the page itself. */
export function isLocal(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return hostname === "127.0.0.1" || protocol === "blob:" || protocol === "about:";
}
