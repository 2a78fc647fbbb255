import type { Links, Token } from "marked";
import { lex, repair } from "./lex";
import { maxTex, opensBlockMath } from "./math-syntax";

/** A top-level piece of a text. The object stays the same while its piece does, which is what a memo looks at. */
export type Block = {
  /** Where it starts: the same piece keeps its key while the text grows. */
  readonly key: number;
  readonly raw: string;
  readonly tokens: readonly Token[];
  /** True while more of it may come. */
  readonly live: boolean;
};

export const isSpace = (block: Block) => block.tokens[0]?.type === "space";

/**
 * Splits a growing text into blocks. Appending costs what the last two blocks cost, however
 * long the text is: what lies before them cannot change any more.
 */
export class BlockSplitter {
  private text = "";
  private blocks: Block[] = [];
  private links: Links = {};
  private live = false;

  update(source: string, live: boolean): readonly Block[] {
    const text = source.replace(/\r\n?/g, "\n");
    if (text === this.text && live === this.live) return this.blocks;
    const grown = text.startsWith(this.text);
    // A definition gives meaning to references anywhere, so with one the whole text is read each time.
    const from = grown && isEmpty(this.links) ? this.settled() : 0;
    const tail = split(text, this.blocks[from]?.key ?? 0);
    const partial = tail !== null && isEmpty(tail.links);
    const { blocks, links } = (partial ? tail : split(text, 0)) ?? whole(text);
    const known = grown && sameLinks(links, this.links) ? this.blocks : [];
    this.blocks = settle(partial ? this.blocks.slice(0, from) : [], blocks, known, live, links);
    this.links = links;
    this.text = text;
    this.live = live;
    return this.blocks;
  }

  /** How many blocks are beyond change: all but the last two that are not mere space, and what may yet become one formula. */
  private settled(): number {
    let at = this.blocks.length;
    for (let content = 0; at > 0 && content < 2; at--) if (!isSpace(this.blocks[at - 1] as Block)) content++;
    for (let before = at - 1; before >= 0; before--) {
      const block = this.blocks[before] as Block;
      if (this.text.length - block.key > maxTex) break;
      if (block.tokens[0]?.type === "paragraph" && opensBlockMath.test(block.raw)) at = before;
    }
    return at;
  }
}

type Split = { blocks: Block[]; links: Links };

/** The blocks from `start` on; null when they do not add up to the text, so that their places cannot be known. */
function split(text: string, start: number): Split | null {
  const tokens = lex(text.slice(start));
  let key = start;
  const blocks = tokens.map((token) => {
    const block = { key, raw: token.raw, tokens: [token], live: false };
    key += token.raw.length;
    return block;
  });
  return blocks.map((block) => block.raw).join("") === text.slice(start) ? { blocks, links: tokens.links } : null;
}

function whole(text: string): Split {
  const tokens = lex(text);
  return { blocks: [{ key: 0, raw: text, tokens, live: false }], links: tokens.links };
}

function settle(kept: Block[], fresh: Block[], old: Block[], live: boolean, links: Links): Block[] {
  const known = new Map(old.map((block) => [block.key, block]));
  const last = live ? lastContent(fresh) : -1;
  const blocks = fresh.map((block, at) => {
    const before = known.get(block.key);
    const growing = at === last;
    if (before?.raw === block.raw && before.live === growing) return before;
    return growing ? { ...block, live: true, tokens: mended(block, links) } : block;
  });
  return kept.concat(blocks);
}

function lastContent(blocks: Block[]): number {
  return blocks.findLastIndex((block) => !isSpace(block));
}

function mended(block: Block, links: Links): readonly Token[] {
  if (block.tokens[0]?.type === "code") return block.tokens;
  const raw = repair(block.raw);
  return raw === block.raw ? block.tokens : lex(raw, links);
}

function isEmpty(links: Links): boolean {
  return Object.keys(links).length === 0;
}

function sameLinks(a: Links, b: Links): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name]?.href === b[name]?.href && a[name]?.title === b[name]?.title);
}
