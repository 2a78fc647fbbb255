import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child";
import { parleyPath } from "./paths";

/** Settings by their path, as in config.yaml: `{ "model.silence_timeout": "2s" }`. */
export type Settings = Record<string, string>;

/** A real server with a data folder of its own. It can be killed and started again on the same address. */
export class Parley {
  private child: Child;
  private listen = "127.0.0.1:0";
  private said = "";
  url = "";

  private constructor(
    readonly data: string,
    private settings: Settings,
    private env: Record<string, string>,
  ) {
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
    await this.child.end("SIGTERM", 30_000);
  }

  /** Starts it again with the same data at the same address. */
  async startAgain(change: { settings?: Settings; env?: Record<string, string> } = {}): Promise<void> {
    this.said += `${this.child.log}\n--- started again\n`;
    this.settings = change.settings ?? this.settings;
    this.env = change.env ?? this.env;
    this.child = this.spawn();
    await this.ready();
  }

  /** Ends it and removes its data. */
  async close(): Promise<void> {
    await this.child.end("SIGKILL");
    await rm(this.data, { recursive: true, force: true });
  }

  private spawn(): Child {
    // The least cost that a normal build takes: signing in is not what is measured here.
    const settings = { "auth.bcrypt_cost": "10", ...this.settings };
    const set = Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
    return new Child("parley", parleyPath, ["serve", "--listen", this.listen, "--data", this.data, ...set], this.env);
  }

  private async ready() {
    const [, url = ""] = await this.child.line(/^Parley is at (http:\/\/127\.0\.0\.1:\d+)$/);
    this.url = url;
    this.listen = new URL(url).host;
  }
}
