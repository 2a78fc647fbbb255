import type { TokenizerExtension, Tokens } from "marked";

export type MathToken = Tokens.Generic & { type: "math"; tex: string; display: boolean };

/** Longer formulas are shown as they are written: laying them out could hold up the page. */
export const maxTex = 10_000;

const open = /\$\$?|\\[([]/;
const closing: Record<string, string> = { $: "$", $$: "$$", "\\(": "\\)", "\\[": "\\]" };

/** Environments of TeX that stand for a formula by themselves. */
const environment =
  /^ {0,3}\\begin\{((?:equation|align|alignat|gather|multline|eqnarray|flalign|displaymath|math|cases|matrix|pmatrix|bmatrix|vmatrix|split|aligned|gathered|array|CD)\*?)\}/;

/** How a text begins that may become a formula on lines of its own, once its closing mark comes. */
export const opensBlockMath = /^ {0,3}(?:\$\$|\\\[|\\begin\{)/;

/**
 * A formula on lines of its own: `$$…$$`, `\[…\]` or an environment, with nothing behind it.
 * Blank lines do not end it. The server's rules, in api/markdown/math.go, are the same.
 */
export const blockMath: TokenizerExtension = {
  name: "math",
  level: "block",
  start: (src) => {
    const at = src.search(/\n {0,3}(?:\$\$|\\\[|\\begin\{)/);
    return at === -1 ? undefined : at + 1;
  },
  tokenizer(src) {
    const found = /^ {0,3}(\$\$|\\\[)/.exec(src) ?? environment.exec(src);
    if (!found) return undefined;
    const name = found[1] as string;
    const mark = closing[name] ?? `\\end{${name}}`;
    const from = found[0].length;
    const end = close(src.slice(0, maxTex), from, mark, false);
    const rest = end === -1 ? null : /^[ \t]*(?:\n|$)/.exec(src.slice(end + mark.length));
    if (!rest) return undefined;
    const whole = src.slice(0, end + mark.length);
    return token(src.slice(0, whole.length + rest[0].length), name in closing ? src.slice(from, end) : whole, true);
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
    const end = close(src, from, closing[mark[0]] as string, true);
    if (end === -1) return undefined;
    const tex = src.slice(from, end);
    if (mark[0] === "$" && !standsForMath(tokens[tokens.length - 1]?.raw ?? "", tex, src[end + 1] ?? "")) return undefined;
    return token(src.slice(0, end + from), tex, mark[0] === "$$" || mark[0] === "\\[");
  },
};

function token(raw: string, tex: string, display: boolean): MathToken | undefined {
  return tex.trim() === "" ? undefined : { type: "math", raw, tex: tex.trim(), display };
}

/** Finds the closing mark; an escaped dollar is none. Within a line of text, a blank line ends the search. */
function close(src: string, from: number, mark: string, inText: boolean): number {
  const limit = inText ? src.indexOf("\n\n", from) : -1;
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
