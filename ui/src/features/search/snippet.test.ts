import { describe, expect, it } from "vitest";
import { piecesOf } from "./snippet";

const cut = (html: string) => piecesOf(html).map(({ text, found }) => (found ? [text] : text));

describe("an excerpt", () => {
  it("is cut at what was found", () => {
    expect(cut("the <mark>crane</mark> lifts the <mark>boat</mark>")).toEqual(["the ", ["crane"], " lifts the ", ["boat"]]);
  });
  it("is text, whatever is written in it", () => {
    expect(cut("&lt;img src=x onerror=&#34;alert(1)&#34;&gt; &amp;lt; <mark>it&#39;s</mark>")).toEqual(['<img src=x onerror="alert(1)"> &lt; ', ["it's"]]);
  });
  it("gives each stretch a name of its own", () => {
    const places = piecesOf("<mark>a</mark> <mark>a</mark> a").map((p) => p.at);
    expect(new Set(places).size).toBe(4);
  });
  it("is nothing where there is none", () => {
    expect(cut("")).toEqual([]);
  });
});
