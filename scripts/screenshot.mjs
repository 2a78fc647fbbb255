// Makes docs/screenshot.png: the real binary, a real Chromium, and a model
// server of its own that knows the answers below.
//
//   make build && node scripts/screenshot.mjs
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const { chromium } = createRequire(join(root, "ui/package.json"))("playwright-core");

const project = { name: "Tide tables", color: "teal", instructions: "We maintain the tide predictions of a small harbour." };
const talks = [
  ["Units for the almanac", "Metres above chart datum, to one decimal; times in UTC."],
  ["Which constituents matter here?", "M2, S2, N2, K1 and O1 carry most of the height."],
  ["Release checklist for March", "Freeze the constants, compare with the gauge, then print."],
  [
    "How do we predict the height of the tide, and can you sketch it in Go?",
    `The height is a sum of cosines, one for each **constituent** of the tide:

$$h(t) = Z_0 + \\sum_i H_i \\cos(\\omega_i t - g_i)$$

The two largest for our harbour:

| constituent | period | amplitude $H_i$ | phase $g_i$ |
|---|---:|---:|---:|
| M2, the moon | 12.42 h | 1.92 m | 74° |
| S2, the sun | 12.00 h | 0.61 m | 118° |

\`\`\`go
// Height returns metres above chart datum, h hours after the epoch.
func (p Port) Height(h float64) float64 {
	sum := p.Mean
	for _, c := range p.Constituents {
		sum += c.Amplitude * math.Cos(c.Speed*h-c.Phase)
	}
	return sum
}
\`\`\`

When both peak together, after new and full moon, the tide is at its highest.`,
  ],
];

// model answers each question with its line above, in OpenAI's protocol.
const model = createServer(async (req, res) => {
  let body = "";
  for await (const piece of req) body += piece;
  if (req.url.endsWith("/models")) return res.end(JSON.stringify({ data: [{ id: "llama3.2" }] }));
  if (!req.url.endsWith("/chat/completions")) return res.writeHead(404).end();
  const question = JSON.parse(body).messages.findLast((m) => m.role === "user").content;
  const answer = talks.find(([q]) => question.includes(q))?.[1] ?? "Tides";
  res.writeHead(200, { "Content-Type": "text/event-stream" });
  for (const text of answer.match(/[\s\S]{1,40}/g)) res.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`);
  res.end(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`);
});
await new Promise((done) => model.listen(0, "127.0.0.1", done));

const data = mkdtempSync(join(tmpdir(), "parley-screenshot-"));
const server = spawn(join(root, "bin/parley"), ["serve", "--data", data, "--listen", "127.0.0.1:0", "--set", "auth.bcrypt_cost=10"], {
  env: { PATH: process.env.PATH, OPENAI_BASE_URL: `http://127.0.0.1:${model.address().port}/v1`, OPENAI_MODEL: "llama3.2", PARLEY_MODEL_TITLES: "false" },
  stdio: ["ignore", "pipe", "ignore"],
});
let browser;
try {
  const link = await new Promise((found, failed) => {
    let said = "";
    server.once("exit", (code) => failed(new Error(`parley ended with ${code}`)));
    server.stdout.on("data", (piece) => {
      said += piece;
      const [url] = said.match(/http:\S+\/setup\?token=\S+(?=\n)/) ?? [];
      if (url) found(new URL(url));
    });
  });

  browser = await chromium.launch({
    executablePath: execFileSync(join(root, "scripts/chromium")).toString().trim(),
    args: process.getuid() === 0 ? ["--no-sandbox"] : [], // Chromium refuses its sandbox to root
  });
  const context = await browser.newContext({ baseURL: link.origin, viewport: { width: 1440, height: 960 }, colorScheme: "light", locale: "en-GB" });
  const post = async (path, data) => {
    const response = await context.request.post(`/api/v1${path}`, { data, headers: { Origin: link.origin } });
    if (!response.ok()) throw new Error(`${path}: ${response.status()} ${await response.text()}`);
    return response.json();
  };
  const token = link.searchParams.get("token");
  await post("/setup", { token, username: "ada", email: "ada@harbour.example", password: "correct horse battery" });
  await post("/projects", { name: "Harbour office", color: "amber" });
  const { id: project_id } = await post("/projects", project);
  let last;
  for (const [question] of talks) {
    last = await post("/threads", { project_id });
    await post(`/threads/${last.id}/messages?wait=true`, { content: question });
  }

  const page = await context.newPage();
  await page.goto(`/threads/${last.id}`);
  await page.locator(".katex").first().waitFor();
  await page.locator("pre code [class^=code-]").first().waitFor();
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(root, "docs/screenshot.png"), animations: "disabled", caret: "hide" });
} finally {
  await browser?.close();
  server.removeAllListeners("exit").kill();
  await new Promise((ended) => server.once("exit", ended));
  model.close();
  rmSync(data, { recursive: true, force: true });
}
