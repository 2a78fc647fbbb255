import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { build } from "vite";
import { root } from "./paths";

const kinds: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** Serves the page's Markdown renderer by itself: see renderer/main.tsx. */
export class Renderer {
  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    readonly url: string,
  ) {}

  static async start(): Promise<Renderer> {
    const folder = await mkdtemp(join(tmpdir(), "parley-renderer-"));
    const ui = join(root, "ui");
    await build({
      root: join(ui, "e2e/harness/renderer"),
      configFile: join(ui, "vite.config.ts"),
      logLevel: "error",
      build: { outDir: folder, emptyOutDir: true, minify: false },
    });
    const server = createServer(async (request, response) => {
      const path = join(folder, new URL(request.url ?? "/", "http://x").pathname.replace(/\/$/, "/index.html"));
      const body = await readFile(path).catch(() => undefined);
      if (!body) return response.writeHead(404).end();
      response.writeHead(200, { "Content-Type": kinds[extname(path)] ?? "application/octet-stream" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Renderer(server, folder, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What the server makes of each text, at every byte offset. */
export function rendered(texts: readonly string[]): string[][] {
  const { status, stdout, stderr } = spawnSync("go", ["run", "./api/markdown/markdowntest/prefixes"], {
    cwd: root,
    input: JSON.stringify(texts),
    encoding: "utf8",
    maxBuffer: 256 << 20,
  });
  if (status !== 0) throw new Error(`prefixes failed:\n${stderr}`);
  return JSON.parse(stdout) as string[][];
}
