/** Fields whose text is for the server and for those who read it, and never for its log. */
const confidential = new Set([
  "content",
  "password",
  "current",
  "new",
  "token",
  "refresh_token",
  "title",
  "description",
  "instructions",
  "initial_message",
  "summary_text",
  "login",
  "email",
  "code",
]);

/** Secrets of the server's own making, by their form. */
const forms: [string, RegExp][] = [
  ["an access token", /eyJ[\w-]{10,}\.[\w-]+\.[\w-]+/],
  ["an API key", /pk_[\w-]{20,}/],
  ["the hash of a password", /\$2[aby]\$\d\d\$/],
  ["a cookie", /parley_(access|refresh)=/],
];

/** A shorter text may stand in a log by chance. */
const LEAST = 8;

/** What was typed and sent in one test: each text of it is a canary, which the log of the server must not hold. */
export class Canaries {
  private readonly texts = new Map<string, string>();

  /** Hears a body or a frame on its way to the server. What is no JSON is a file, whose name and content are not looked at. */
  hear(body: string | null): void {
    if (!body?.startsWith("{")) return;
    try {
      this.collect(JSON.parse(body));
    } catch {
      // no JSON
    }
  }

  /** How many there are. */
  get size(): number {
    return this.texts.size;
  }

  /** What of it a log holds, whole or line by line, as it was or quoted. */
  foundIn(log: string): string[] {
    const made = forms.flatMap(([name, form]) => (form.test(log) ? [`${name}: ${log.match(form)?.[0]}`] : []));
    const typed = [...this.texts].filter(
      ([text]) => log.includes(text) || log.includes(JSON.stringify(text).slice(1, -1)) || log.includes(encodeURIComponent(text)),
    );
    return [...made, ...typed.map(([text, name]) => `${name}: ${text}`)];
  }

  private collect(value: unknown, name = ""): void {
    if (typeof value === "string" && confidential.has(name)) {
      for (const line of value.split("\n").map((l) => l.trim().slice(0, 200))) if (line.length >= LEAST) this.texts.set(line, name);
    } else if (value && typeof value === "object") {
      for (const [key, inner] of Object.entries(value)) this.collect(inner, Array.isArray(value) ? name : key);
    }
  }
}
