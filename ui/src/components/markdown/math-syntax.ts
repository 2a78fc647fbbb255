import type { TokenizerExtension, Tokens } from "marked";

export type MathToken = Tokens.Generic & { type: "math"; tex: string; display: boolean };

/** Longer formulas are shown as they are written: laying them out could hold up the page. */
export const maxTex = 10_000;

const open = /\$\$?|\\[([]/;
const closing: Record<string, string> = { $: "$", $$: "$$", "\\(": "\\)", "\\[": "\\]" };

/** A formula on lines of its own: `$$…$$` or `\[…\]`, with nothing behind it. */
export const blockMath: TokenizerExtension = {
  name: "math",
  level: "block",
  start: (src) => {
    const at = src.search(/\n {0,3}(?:\$\$|\\\[)/);
    return at === -1 ? undefined : at + 1;
  },
  tokenizer(src) {
    const found = /^ {0,3}(\$\$|\\\[)/.exec(src);
    if (!found) return undefined;
    const from = found[0].length;
    const end = close(src, from, closing[found[1] as string] as string);
    const rest = end === -1 ? null : /^[ \t]*(?:\n|$)/.exec(src.slice(end + 2));
    if (!rest) return undefined;
    return token(src.slice(0, end + 2 + rest[0].length), src.slice(from, end), true);
  },
};

/** A formula within a line. */
export const inlineMath: TokenizerExtension = {
  name: "math",
  level: "inline",
  start: (src) => {
    const at = src.search(open);
    return at === -1 ? undefined : at;
  },
  tokenizer(src, tokens) {
    const mark = open.exec(src.slice(0, 2));
    if (mark?.index !== 0) return undefined;
    const from = mark[0].length;
    const end = close(src, from, closing[mark[0]] as string);
    if (end === -1) return undefined;
    const tex = src.slice(from, end);
    if (mark[0] === "$" && !standsForMath(tokens[tokens.length - 1]?.raw ?? "", tex, src[end + 1] ?? "")) return undefined;
    return token(src.slice(0, end + from), tex, mark[0] === "$$" || mark[0] === "\\[");
  },
};

function token(raw: string, tex: string, display: boolean): MathToken | undefined {
  return tex.trim() === "" ? undefined : { type: "math", raw, tex: tex.trim(), display };
}

/** Finds the closing mark; an escaped dollar is none, and a blank line ends the hope. */
function close(src: string, from: number, mark: string): number {
  const limit = src.indexOf("\n\n", from);
  for (let at = src.indexOf(mark, from); at !== -1; at = src.indexOf(mark, at + 1)) {
    if (limit !== -1 && at > limit) return -1;
    if (mark[0] !== "$" || src[at - 1] !== "\\") return at;
  }
  return -1;
}

/**
 * Tells `$n$` from the dollars of “$5 and $10”: like pandoc, no space inside the marks and no
 * digit behind them; and words without any sign of a formula are words.
 */
function standsForMath(before: string, tex: string, after: string): boolean {
  if (/[\w$\\]$/.test(before) || /\d/.test(after)) return false;
  if (/^\s|\s$/.test(tex) || tex.includes("\n\n")) return false;
  if (/[\\^_={}]/.test(tex)) return true;
  const words = /^\d/.test(tex) ? /[A-Za-z]{2,}/ : /[A-Za-z]{3,}/;
  return !words.test(tex) || (!/\s/.test(tex) && !/^\d/.test(tex) && /[()]/.test(tex));
}
