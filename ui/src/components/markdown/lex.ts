import { Lexer, type Links, Marked, type TokensList } from "marked";
import markedCjkFriendly from "marked-cjk-friendly";
import remend, { isWithinCodeBlock } from "remend";
import { blockMath, inlineMath } from "./math-syntax";

// The later extensions come first. A single ~ is what it is: "5~7 kg, about ~3 boxes".
const marked = new Marked(markedCjkFriendly(), {
  gfm: true,
  extensions: [blockMath, inlineMath],
  tokenizer: { del: (src) => (/^~~(?!~)/.test(src) ? false : undefined) },
});

/** Markdown to marked's tokens. `known`: link definitions found elsewhere; `links` of the result has the ones found here too. */
export function lex(text: string, known: Links = {}): TokensList {
  const lexer = new Lexer(marked.defaults);
  // Not a plain object: `[toString]` must not find what every object has.
  Object.assign(lexer.tokens.links, known);
  return lexer.lex(text);
}

/** A list, heading or quote that has only its mark yet would be shown as that mark for a moment. */
const bareMarker = /(?:^|\n)[ \t]*(?:[-*+]|\d{1,9}[.)]|#{1,6}|>)[ \t]*$/;

/** Closes what is still open at the end of a text that is being written, so that `**bo` already shows bold. */
export function repair(raw: string): string {
  const closed = closeBracketMath(completeTable(raw.replace(bareMarker, "")));
  return remend(closed, { linkMode: "text-only", htmlTags: false, comparisonOperators: false });
}

/** Without its second line the head of a table is a paragraph full of bars. */
function completeTable(raw: string): string {
  const head = /(?:^|\n)(\|[^\n]*[^\s|][^\n]*)(\n[|:\- \t]*)?$/.exec(raw);
  if (!head) return raw;
  const cells = cellsOf(head[1] as string);
  const dashes = cellsOf(head[2] ?? "").filter((cell) => /^\s*:?-+:?\s*$/.test(cell));
  if (dashes.length === cells.length) return raw; // with the alignments that it has
  const until = raw.length - (head[2]?.length ?? 0);
  return `${raw.slice(0, until).replace(/[|\s]*$/, "")}|\n${"|--".repeat(cells.length)}|`;
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|");
}

function closeBracketMath(raw: string): string {
  for (const [mark, end] of [
    ["\\[", "\\]"],
    ["\\(", "\\)"],
  ] as const) {
    const at = raw.lastIndexOf(mark);
    if (at !== -1 && !raw.includes(end, at) && !isWithinCodeBlock(raw, at)) return raw.replace(/\\$/, "") + end;
  }
  return raw;
}
