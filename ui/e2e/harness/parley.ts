import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child";
import { parleyPath } from "./paths";
import { Trace } from "./trace";

/** Settings by their path, as in config.yaml: `{ "model.silence_timeout": "2s" }`. */
export type Settings = Record<string, string>;

/** A real server with a data folder of its own. It can be killed and started again on the same address. */
export class Parley {
  private child: Child;
  private listen = "127.0.0.1:0";
  private said = "";
  private logged = "";
  /** What any of its runs was set to. */
  private readonly named: string[] = [];
  private readonly trace: Trace;
  url = "";

  private constructor(
    readonly data: string,
    private settings: Settings,
    private env: Record<string, string>,
  ) {
    this.trace = new Trace(data);
    this.child = this.spawn();
  }

  static async start(settings: Settings = {}, env: Record<string, string> = {}): Promise<Parley> {
    const parley = new Parley(await mkdtemp(join(tmpdir(), "parley-e2e-")), settings, env);
    try {
      await parley.ready();
    } catch (error) {
      await parley.close();
      throw error;
    }
    return parley;
  }

  /** What all its runs have logged. */
  get log(): string {
    return this.said + this.child.log;
  }

  /** What all its runs have logged, without what it tells the person who starts it. */
  get logLines(): string {
    return this.logged + this.child.errors;
  }

  /** What it has connected to that no setting names, once it has ended. */
  dialled(named: string[] = this.named): Promise<string[]> {
    return this.trace.elsewhere(named);
  }

  /** What has been written of its connections so far. */
  written(): Promise<string> {
    return this.trace.written();
  }

  /** The link that makes the first administrator, as printed. */
  async setupLink(): Promise<string> {
    const [link] = await this.child.line(/^http\S+\/setup\?token=\S+$/);
    return link;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.child.end("SIGKILL");
  }

  /** Ends it in good order. */
  async stop(): Promise<void> {
    await this.child.end("SIGTERM");
  }

  /** Starts it again with the same data at the same address. */
  async startAgain(change: { settings?: Settings; env?: Record<string, string> } = {}): Promise<void> {
    this.said += `${this.child.log}\n--- started again\n`;
    this.logged += this.child.errors;
    this.settings = change.settings ?? this.settings;
    this.env = change.env ?? this.env;
    this.child = this.spawn();
    await this.ready();
  }

  /** Ends it. */
  async end(): Promise<void> {
    await this.child.end("SIGKILL");
  }

  /** Ends it and removes its data. */
  async close(): Promise<void> {
    await this.end();
    await rm(this.data, { recursive: true, force: true });
  }

  private spawn(): Child {
    // The least cost that a normal build takes: signing in is not what is measured here.
    const settings = { "auth.bcrypt_cost": "10", ...this.settings };
    const set = Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
    this.named.push(...Object.values(settings), ...Object.values(this.env));
    const [program, args] = this.trace.around(parleyPath, ["serve", "--listen", this.listen, "--data", this.data, ...set]);
    return new Child("parley", program, args, { PARLEY_LOG_LEVEL: "debug", ...this.env });
  }

  private async ready() {
    const [, url = ""] = await this.child.line(/^Parley is at (http:\/\/127\.0\.0\.1:\d+)$/);
    this.url = url;
    this.listen = new URL(url).host;
  }
}
