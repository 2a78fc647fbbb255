import type { HighlighterCore, ThemeRegistrationRaw } from "shiki/core";
import { grammarOf } from "./languages";

export type Kind = "comment" | "keyword" | "string" | "number" | "name" | "type" | "tag" | "value" | "added" | "removed" | "heading";
export type Line = ReadonlyArray<{ text: string; kind: Kind | undefined }>;

/** Above this many characters colouring takes longer than reading the first screen. */
export const maxColoured = 50_000;
const maxLine = 2_000;
const maxMillis = 400;
/** Scrolling brings blocks back all the time; they must not turn grey on the way. */
const remembered = 200;

/** Shiki colours by hex value. Ours are only names for classes, so that one pass serves light and dark. */
const kinds: ReadonlyArray<[kind: Kind, scopes: string[]]> = [
  ["comment", ["comment", "punctuation.definition.comment", "string.comment"]],
  ["keyword", ["keyword", "storage", "keyword.operator.new", "keyword.operator.expression", "variable.language", "punctuation.definition.heading"]],
  ["string", ["string", "punctuation.definition.string", "constant.character", "string.regexp", "markup.inline.raw"]],
  ["number", ["constant", "constant.numeric", "constant.language", "support.constant", "keyword.other.unit"]],
  ["name", ["entity.name.function", "support.function", "meta.function-call.generic", "variable.function", "entity.name.command"]],
  [
    "type",
    ["entity.name.type", "entity.name.class", "entity.other.inherited-class", "support.type", "support.class", "entity.name.namespace", "storage.type.java"],
  ],
  ["tag", ["entity.name.tag", "support.type.property-name", "meta.object-literal.key", "variable.other.property.key", "keyword.other.definition.ini"]],
  ["value", ["entity.other.attribute-name", "variable.parameter", "variable.other.constant", "punctuation.section.embedded", "variable.other.normal.shell"]],
  ["added", ["markup.inserted"]],
  ["removed", ["markup.deleted"]],
  ["heading", ["markup.heading", "entity.name.section", "meta.diff.header", "meta.diff.range"]],
];
const hexOf = (at: number) => `#${(at + 1).toString(16).padStart(6, "0")}`;
const kindOf = new Map(kinds.map(([kind], at) => [hexOf(at), kind]));

const theme: ThemeRegistrationRaw = {
  name: "parley",
  type: "light",
  settings: [
    { settings: { foreground: "#ffffff", background: "#000000" } },
    // Operators look busy when they are coloured like the words between them.
    { scope: ["keyword.operator", "punctuation"], settings: { foreground: "#ffffff" } },
    ...kinds.map(([, scope], at) => ({ scope, settings: { foreground: hexOf(at) } })),
  ],
};

let highlighter: Promise<HighlighterCore> | undefined;
const known = new Map<string, readonly Line[]>();
const keyOf = (code: string, language: string) => `${language}\n${code}`;

/** The colours of a block that was coloured before. */
export function coloured(code: string, language: string): readonly Line[] | undefined {
  return known.get(keyOf(code, language));
}

/** Finds the colours of a block; undefined when it is too long for it. */
export async function colour(code: string, language: string): Promise<readonly Line[] | undefined> {
  if (code.length > maxColoured) return undefined;
  highlighter ??= create();
  const shiki = await highlighter;
  const grammars = await grammarOf(language);
  // The last one is the language itself, those before it are embedded in it. Its own name can differ from ours.
  const lang = grammars[grammars.length - 1]?.name ?? "text";
  await shiki.loadLanguage(grammars);
  const lines = shiki
    .codeToTokensBase(code, { lang, theme: theme.name as string, tokenizeMaxLineLength: maxLine, tokenizeTimeLimit: maxMillis })
    .map((line) => line.map((token) => ({ text: token.content, kind: kindOf.get(token.color?.toLowerCase() ?? "") })));
  remember(keyOf(code, language), lines);
  return lines;
}

async function create(): Promise<HighlighterCore> {
  try {
    const [{ createHighlighterCore }, { createJavaScriptRegexEngine }] = await Promise.all([import("shiki/core"), import("shiki/engine/javascript")]);
    return await createHighlighterCore({ themes: [theme], langs: [], engine: createJavaScriptRegexEngine({ forgiving: true }) });
  } catch (error) {
    highlighter = undefined; // the next block asks again
    throw error;
  }
}

function remember(key: string, lines: readonly Line[]): void {
  known.set(key, lines);
  const oldest = known.keys().next().value;
  if (known.size > remembered && oldest !== undefined) known.delete(oldest);
}
