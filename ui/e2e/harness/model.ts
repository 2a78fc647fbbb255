import { Child } from "./child";
import { fakeModelPath } from "./paths";

/** What the fake model server has done with one question. */
export type Stream = {
  question: string;
  messages: number;
  state: "running" | "finished" | "aborted";
  began: string;
  ended: string | null;
  words: number;
};

/** The fake model server, steered by words in the question: see Words in api/llm/llmtest. */
export class Model {
  private constructor(
    private child: Child,
    /** What OPENAI_BASE_URL is set to. */
    readonly url: string,
  ) {}

  static async start(): Promise<Model> {
    const { child, url } = await listening("127.0.0.1:0");
    return new Model(child, url);
  }

  /** At the same address; it has forgotten all that was asked. */
  async startAgain(): Promise<void> {
    this.child = (await listening(new URL(this.url).host)).child;
  }

  /** Oldest first. */
  async streams(): Promise<Stream[]> {
    const response = await fetch(new URL("/stats", this.url));
    const { streams } = (await response.json()) as { streams: Stream[] };
    return streams;
  }

  /** The newest stream whose question holds the text. */
  async stream(question: string): Promise<Stream | undefined> {
    return (await this.streams()).findLast((s) => s.question.includes(question));
  }

  /** Lets an answer go on that is held, once it is; see Words. */
  async release(): Promise<void> {
    await fetch(new URL("/release", this.url), { method: "POST" });
  }

  async close(): Promise<void> {
    await this.child.end("SIGKILL");
  }
}

async function listening(address: string): Promise<{ child: Child; url: string }> {
  const child = new Child("fakeserver", fakeModelPath, ["--listen", address, "--pace", "10ms"]);
  const [url] = await child.line(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  return { child, url };
}
