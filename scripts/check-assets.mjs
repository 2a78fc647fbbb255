// Fails when a file of the built page could make a browser ask another host:
// node scripts/check-assets.mjs ui/dist
//
// Libraries carry addresses as text, in messages and as XML namespaces; those
// below were looked at and are never fetched. Anything else is a finding.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const harmless = [
  /^http:\/\/www\.w3\.org\//, // XML namespaces
  /^https:\/\/react\.dev\//, // texts of errors
  /^https:\/\/github\.com\/markedjs\/marked\.?$/, // text of an error
  /^https:\/\/tailwindcss\.com$/, // the licence's comment
  /^https?:\/\/(localhost|127\.0\.0\.1)([:/]|$)/,
];

const [root] = process.argv.slice(2);
const texts = /\.(html|js|mjs|css|json|svg|webmanifest|txt|map)$/;
const findings = [];
let files = 0;
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !texts.test(entry.name)) continue;
  files++;
  const path = join(entry.parentPath, entry.name);
  const text = readFileSync(path, "utf8");
  for (const [url] of text.matchAll(/(?:https?:|wss?:)\/\/[^\s"'`<>)\\]+/g)) {
    if (/^[a-z]+:\/\/[\w-]*\$?\{/.test(url)) continue; // put together at run time
    if (!harmless.some((h) => h.test(url))) findings.push(`${path}: ${url}`);
  }
  for (const [, url] of text.matchAll(/(?:src|href)="(\/\/[^"]+)"|url\((\/\/[^)]+)\)/g)) if (url) findings.push(`${path}: ${url}`);
}
if (files === 0) findings.push(`${root} holds no page: run "make ui"`);
for (const finding of new Set(findings)) console.error(finding);
console.log(`${files} files, ${new Set(findings).size} foreign addresses`);
process.exit(findings.length > 0 ? 1 : 0);
