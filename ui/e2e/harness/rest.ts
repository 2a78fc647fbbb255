import { randomUUID } from "node:crypto";
import type { Message, MessagePage, Project, SignIn, Thread } from "@/lib/wire";

export const somebody = { username: "ada", email: "ada@example.org", password: "correct horse battery" };

/** Another client of the server: prepares what a test needs, and sees what the page does not show. */
export class Rest {
  private token = "";
  constructor(
    private readonly base: string,
    /** Hears what is sent. */
    private readonly heard: (body: string) => void = () => undefined,
  ) {}

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    if (sent.body) this.heard(sent.body);
    const response = await fetch(`${this.base}/api/v1${path}`, {
      method,
      headers: { "Content-Type": "application/json", ...(this.token && { Authorization: `Bearer ${this.token}` }) },
      ...sent,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** Makes the first administrator with the printed link. */
  async setUp(link: string): Promise<void> {
    const token = new URL(link).searchParams.get("token");
    this.token = (await this.call<SignIn>("POST", "/setup", { token, ...somebody })).access_token;
  }

  async signIn(): Promise<void> {
    this.token = (await this.call<SignIn>("POST", "/auth/login", { login: somebody.username, password: somebody.password })).access_token;
  }

  project(name = "Harbour"): Promise<Project> {
    return this.call("POST", "/projects", { name });
  }

  thread(project: Project, title = "Boats"): Promise<Thread> {
    return this.call("POST", "/threads", { project_id: project.id, title });
  }

  /** Asks; the answer is written while nobody waits. */
  async ask(thread: Thread, content: string): Promise<Message> {
    const sent = await this.call<{ message: Message }>("POST", `/threads/${thread.id}/messages`, { content, client_id: randomUUID() });
    return sent.message;
  }

  /** Asks and waits for the whole answer. */
  async answer(thread: Thread, content: string): Promise<Message> {
    const sent = await this.call<{ answer: Message }>("POST", `/threads/${thread.id}/messages?wait=true`, { content, client_id: randomUUID() });
    return sent.answer;
  }

  async messages(thread: Pick<Thread, "id">): Promise<Message[]> {
    return (await this.call<MessagePage>("GET", `/threads/${thread.id}/messages?limit=200`)).messages;
  }
}
