import { Lexer, type Links, Marked, type TokensList } from "marked";
import remend, { isWithinCodeBlock } from "remend";
import { blockMath, inlineMath } from "./math-syntax";

const marked = new Marked({ gfm: true, extensions: [blockMath, inlineMath] });

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
  const closed = closeBracketMath(raw.replace(bareMarker, ""));
  return remend(closed, { linkMode: "text-only", htmlTags: false, comparisonOperators: false });
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
