import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** A process of our own, what it has said, and its end. */
export class Child {
  /** Both streams, as they came. */
  log = "";
  /** Standard error alone. */
  errors = "";
  private readonly out: string[] = [];
  private rest = "";
  private readonly process: ChildProcess;
  private wake: () => void = () => undefined;

  constructor(
    private readonly name: string,
    path: string,
    args: string[],
    env: Record<string, string> = {},
  ) {
    // Nothing of the developer's own settings reaches it.
    this.process = spawn(path, args, { env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
    alive.add(this.process);
    this.process.once("exit", () => {
      alive.delete(this.process);
      this.wake();
    });
    this.process.once("error", (error) => {
      alive.delete(this.process);
      this.log += `${error}\n`;
      this.wake();
    });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => this.heard(text));
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.log += text;
      this.errors += text;
    });
  }

  get running(): boolean {
    return alive.has(this.process);
  }

  /** Waits for a line of standard output that matches, from the first line on. */
  async line(pattern: RegExp, timeout = 120_000): Promise<RegExpMatchArray> {
    const deadline = Date.now() + timeout;
    for (;;) {
      for (const line of this.out) {
        const match = line.match(pattern);
        if (match) return match;
      }
      const left = deadline - Date.now();
      if (!this.running || left <= 0) throw new Error(`${this.name} ${this.running ? `did not say ${pattern} in time` : "ended"}:\n${this.log}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Ends it and waits until it is gone. */
  async end(signal: NodeJS.Signals = "SIGTERM", timeout = 120_000): Promise<void> {
    if (!this.running) return;
    const gone = once(this.process, "exit");
    this.process.kill(signal);
    const timer = setTimeout(() => this.process.kill("SIGKILL"), timeout);
    await gone;
    clearTimeout(timer);
  }

  private heard(text: string) {
    this.log += text;
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    this.out.push(...lines);
    this.wake();
  }
}
