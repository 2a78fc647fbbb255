import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Browser } from "@playwright/test";

/** Debian Reference, as the packages debian-reference-en and debian-reference-ja install it. */
const folder = "/usr/share/debian-reference";

/** One section of the manual: the markdown that a model would answer with, and what a reader must then see. */
export type Section = {
  title: string;
  markdown: string;
  /** All its characters but white space, read from the manual's own page. */
  text: string;
  tables: number;
  codes: number;
  items: number;
};

/** Reads a chapter, such as "ch01.en". */
export async function readManual(browser: Browser, chapter: string): Promise<Section[]> {
  const path = `${folder}/${chapter}.html`;
  if (!existsSync(path)) throw new Error(`${path} is missing: run "scripts/needs manual"`);
  const page = await browser.newPage();
  const sections = await page.evaluate(convert, await readFile(path, "utf8"));
  await page.close();
  return sections;
}

/** Runs in a page, for the sake of its parser. */
function convert(source: string): Section[] {
  // As XML, which it is: read as HTML its empty elements would swallow what follows.
  const manual = new DOMParser().parseFromString(source, "application/xhtml+xml");
  const isSection = (el: Element) => el.matches("div.section");

  /** What markdown would take for a mark of its own. Brackets by entity: behind a backslash they would open a formula. */
  const escaped = (text: string) =>
    text
      .replace(/[\\`*_<>&|~#$]/g, (c) => (c === "&" ? "&amp;" : c === "<" ? "&lt;" : `\\${c}`))
      .replace(/\[/g, "&#91;")
      .replace(/\]/g, "&#93;")
      .replace(/^(\s*)([-+])/, "$1\\$2")
      .replace(/^(\s*\d+)([.)])(?=\s|$)/, "$1\\$2");

  const code = (text: string) => {
    if (text.includes("\\|")) return escaped(text); // code in a table has no way to say this
    const fence = "`".repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map((m) => m[0].length)));
    return text.includes("`") ? `${fence} ${text} ${fence}` : fence + text + fence;
  };

  const inline = (node: Node): string =>
    [...node.childNodes]
      .map((child) => {
        if (child.nodeType === Node.TEXT_NODE) return escaped((child.textContent ?? "").replace(/\s+/g, " "));
        if (!(child instanceof Element) || child.matches("img")) return "";
        if (child.matches("code")) return code((child.textContent ?? "").replace(/\s+/g, " ").trim());
        const inner = inline(child);
        const trimmed = inner.trim();
        if (child.matches("strong, b") && trimmed) return inner.replace(trimmed, () => `**${trimmed}**`);
        if (child.matches("a.ulink") && trimmed && !trimmed.includes("`")) return inner.replace(trimmed, () => `[${trimmed}](<${child.getAttribute("href")}>)`);
        return inner;
      })
      .join("");

  const paragraph = (node: Node) => inline(node).replace(/ +/g, " ").trim();
  const indent = (text: string, by: string) => text.replace(/\n(?=[^\n])/g, `\n${by}`);

  const table = (el: Element) => {
    const rows = [...el.querySelectorAll("tr")].map((tr) => [...tr.children].map((cell) => paragraph(cell).replace(/(?<!\\)\|/g, "\\|") || " "));
    const width = Math.max(...rows.map((r) => r.length));
    const lines = rows.map((r) => `| ${[...r, ...Array(width - r.length).fill(" ")].join(" | ")} |`);
    lines.splice(1, 0, `|${" --- |".repeat(width)}`);
    return lines.join("\n");
  };

  const block = (el: Element): string => {
    if (isSection(el)) return "";
    if (el.matches("h1, h2, h3, h4, h5")) return `## ${paragraph(el)}`;
    if (el.matches("p")) return paragraph(el);
    if (el.matches("pre")) return `\`\`\`\n${el.textContent?.replace(/\n$/, "")}\n\`\`\``;
    if (el.matches("ul, ol")) return list(el);
    if (el.matches("div.note, div.tip, div.warning, div.caution, div.important")) {
      const title = `**${el.querySelector("th")?.textContent?.trim()}**`;
      const body = [...(el.querySelector("tr:nth-child(2) td")?.children ?? [])].map(block).filter(Boolean).join("\n\n");
      return `> ${indent(`${title}\n\n${body}`, "> ").replace(/\n\n/g, "\n>\n")}`;
    }
    if (el.matches("table")) return table(el);
    return [...el.children].map(block).filter(Boolean).join("\n\n");
  };

  const list = (el: Element) =>
    [...el.children]
      .map((item, n) => {
        const mark = el.matches("ol") ? `${n + 1}. ` : "- ";
        return mark + indent([...item.children].map(block).filter(Boolean).join("\n\n"), " ".repeat(mark.length));
      })
      .join("\n\n");

  return [...manual.querySelectorAll("div.section")].map((el) => {
    const own = el.cloneNode(true) as Element;
    for (const inner of own.querySelectorAll("div.section, img")) inner.remove();
    const markdown = [...own.children].map(block).filter(Boolean).join("\n\n");
    return {
      title: (own.querySelector("h1, h2, h3, h4, h5")?.textContent ?? "").replace(/\s+/g, " ").trim(),
      markdown,
      text: (own.textContent ?? "").replace(/\s+/g, ""),
      tables: own.querySelectorAll("table.table").length,
      codes: own.querySelectorAll("pre").length,
      items: own.querySelectorAll("li").length,
    };
  });
}
