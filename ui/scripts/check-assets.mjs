// Proves that the built page asks no one but its own server: no file of dist names a
// foreign address that a browser would load. Addresses that are only names (XML
// namespaces, links in error messages) are listed below, each with its reason.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Host or address prefix → why it is never fetched. */
const names = new Map([
  ["http://www.w3.org/", "XML namespaces: names, not places"],
  ["https://react.dev/errors/", "the text of React's error messages"],
  ["https://tailwindcss.com", "the licence comment of the style sheet"],
  ["https://radix-ui.com/primitives/docs/", "the text of a console message for developers"],
  ["http://localhost", "the base that relative addresses are read against; a request to it stays here"],
]);

const TEXT = new Set([".html", ".js", ".css", ".svg", ".json", ".webmanifest"]);

/** Every address with a scheme, and every protocol-relative one where a loader would take it. */
const ADDRESS = /\b(?:https?|wss?):\/\/[^\s"'`<>()\\{}$]+|(?:src=|href=|url\(|@import\s+)\s*["']?\/\/[^\s"')]+/gi;
/** The page's policy forbids these for fonts, scripts and styles. */
const EMBEDDED = /url\(\s*["']?data:|@font-face[^}]*data:/gi;

/** What in `text` names a foreign address. */
export function foreign(text) {
  const found = [...text.matchAll(ADDRESS)].map((m) => m[0]).filter((address) => ![...names.keys()].some((known) => address.startsWith(known)));
  return [...found, ...[...text.matchAll(EMBEDDED)].map((m) => m[0])];
}

/** The text files below a folder. */
function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && TEXT.has(extname(f.name)))
    .map((f) => join(f.parentPath, f.name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dist = process.argv[2] ?? fileURLToPath(new URL("../dist", import.meta.url));
  const all = files(dist);
  if (!all.some((f) => f.endsWith("index.html"))) {
    console.error(`${dist} holds no built page: run "npm run build" first`);
    process.exit(1);
  }
  const bad = all.flatMap((file) => foreign(readFileSync(file, "utf8")).map((address) => `${file}: ${address.slice(0, 200)}`));
  for (const line of bad) console.error(line);
  console.log(bad.length === 0 ? `${all.length} files name no foreign address` : `${bad.length} foreign addresses`);
  process.exit(bad.length === 0 ? 0 : 1);
}
