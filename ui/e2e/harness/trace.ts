import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes down every connect that a program makes, by strace, below anything that the
 * program could hide. It stops at that one system call alone, and watches as a
 * grandchild: the program keeps its process id, its signals and its exit status.
 */
export class Trace {
  private runs = 0;

  constructor(private readonly folder: string) {}

  /** How to start the program once more, under watch. */
  around(program: string, args: string[]): [string, string[]] {
    const file = join(this.folder, `connects-${++this.runs}.trace`);
    return ["strace", ["-D", "-f", "--seccomp-bpf", "-q", "-e", "trace=connect", "-e", "signal=kill", "-s", "0", "-o", file, program, ...args]];
  }

  /**
   * The connects of all runs that have ended, but for those to hosts of the texts, which
   * are URLs or hold none.
   */
  async elsewhere(named: string[]): Promise<string[]> {
    const may = named.flatMap((text) => (URL.canParse(text) ? [new URL(text).host] : []));
    const lines: string[] = [];
    for (let run = 1; run <= this.runs; run++) lines.push(...(await this.whole(join(this.folder, `connects-${run}.trace`))));
    return lines.filter((line) => / connect\(/.test(line) && !may.includes(addressIn(line)));
  }

  /** What there is of the newest run. */
  written(): Promise<string> {
    return readFile(join(this.folder, `connects-${this.runs}.trace`), "utf8").catch(() => "");
  }

  /** The lines of one run, once every thread in them has ended: strace writes a moment after the program has gone. */
  private async whole(file: string): Promise<string[]> {
    for (const deadline = Date.now() + 120_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const lines = (await readFile(file, "utf8").catch(() => "")).trimEnd().split("\n");
      const threads = (of: string[]) => new Set(of.map((line) => line.split(" ")[0]));
      const gone = lines.filter((line) => line.includes(" +++ "));
      if (gone.length > 0 && threads(gone).size === threads(lines).size) return lines;
      if (Date.now() > deadline)
        throw new Error(`strace has not written ${file} to its end: ${lines.slice(-5).join("\n")} (${(await readdir(this.folder)).join(", ")})`);
    }
  }
}

/** The address of a line of strace, as a URL names it; the family where there is none. */
export function addressIn(line: string): string {
  const port = line.match(/sin6?_port=htons\((\d+)\)/)?.[1];
  const v4 = line.match(/inet_addr\("([^"]+)"\)/)?.[1];
  const v6 = line.match(/inet_pton\(AF_INET6, "([^"]+)"/)?.[1];
  if (port && (v4 || v6)) return v4 ? `${v4}:${port}` : `[${v6}]:${port}`;
  return line.match(/sa_family=(AF_\w+)/)?.[1] ?? "unknown";
}
