import { describe, expect, it } from "vitest";
import { BlockSplitter } from "./blocks";
import { lex } from "./lex";
import { sample } from "./sample";

/** What a block shows, without the objects' identity. */
const shape = (splitter: BlockSplitter, text: string, live = false) => JSON.stringify(splitter.update(text, live).flatMap((block) => block.tokens));

describe("splitting a growing text", () => {
  it.each(Object.entries(sample))("gives at every offset what the whole text gives (%s)", (_, text) => {
    const splitter = new BlockSplitter();
    for (let end = 0; end <= text.length; end++) {
      const part = text.slice(0, end);
      expect(shape(splitter, part)).toBe(JSON.stringify(lex(part.replace(/\r\n?/g, "\n"))));
    }
  });

  it("keeps the objects of what is settled", () => {
    const splitter = new BlockSplitter();
    const before = splitter.update("one\n\ntwo\n\nthree\n\nfo", true);
    const after = splitter.update("one\n\ntwo\n\nthree\n\nfour", true);
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(after.slice(0, -1).every((block, at) => block === before[at])).toBe(true);
    expect(after.at(-1)).not.toBe(before.at(-1));
  });

  it("returns the same blocks for the same text", () => {
    const splitter = new BlockSplitter();
    expect(splitter.update("one\n\ntwo", true)).toBe(splitter.update("one\n\ntwo", true));
  });

  it("starts over when the text was replaced", () => {
    const splitter = new BlockSplitter();
    splitter.update("# one\n\ntwo", false);
    expect(shape(splitter, "three")).toBe(JSON.stringify(lex("three")));
  });

  it("gives earlier references their meaning when the definition comes", () => {
    const splitter = new BlockSplitter();
    const text = "See [the manual][m].\n\nMore.\n\nMore still.\n\n";
    expect(shape(splitter, text)).not.toContain("example.org");
    expect(shape(splitter, `${text}[m]: https://example.org/m`)).toContain('"href":"https://example.org/m"');
  });
});

describe("a formula with blank lines", () => {
  const text = "Before.\n\n\\[\na = b\n\nc = d\n\ne = f\n\ng = h\n\\]\n\nAfter.\n\n$$\nx\n\ny\n$$\nEnd.\n";

  it("is the same piece by piece as at once", () => {
    for (const step of [1, 3, 7]) {
      const splitter = new BlockSplitter();
      for (let end = 0; end < text.length; end += step) splitter.update(text.slice(0, end), true);
      expect(shape(splitter, text)).toBe(JSON.stringify(lex(text)));
    }
  });
});

describe("the end of a text that is being written", () => {
  const last = (text: string) => JSON.stringify(new BlockSplitter().update(text, true).at(-1)?.tokens);

  it("shows what is open as if it were closed", () => {
    expect(last("a **bo")).toContain('"type":"strong"');
    expect(last("a `co")).toContain('"type":"codespan"');
    expect(last("so \\(x^2")).toContain('"type":"math"');
    expect(last("$$\nx^2 +")).toContain('"type":"math"');
  });

  it("shows a link's text until its address is complete", () => {
    expect(last("see [the manual](https://exa")).not.toContain('"type":"link"');
    expect(last("see [the manual](https://exa")).toContain("the manual");
  });

  it("is taken as it is once it is complete", () => {
    const splitter = new BlockSplitter();
    expect(shape(splitter, "a **bo", true)).toContain('"type":"strong"');
    expect(shape(splitter, "a **bo", false)).not.toContain('"type":"strong"');
  });

  it("shows a table from its first line on", () => {
    const text = "| a | b |\n|:--|--:|\n| 1 | 2 |";
    for (let end = 3; end <= text.length; end++) expect(last(`Look:\n\n${text.slice(0, end)}`)).toContain('"type":"table"');
  });

  it("does not show a mark that has nothing behind it yet", () => {
    expect(last("- one\n-")).not.toContain('"text":"one\\n-"');
    expect(last("##")).toBe("[]");
  });

  it("leaves code alone", () => {
    expect(last("```sh\necho **x")).toContain("echo **x");
    expect(last("```sh\necho **x")).not.toContain("**x**");
  });
});
