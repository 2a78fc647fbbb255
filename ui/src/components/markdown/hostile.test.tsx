import { render, waitFor } from "@testing-library/react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
// What has been used against chat pages, and its relatives: the server's renderer is tested with the same.
import corpus from "../../../../api/markdown/testdata/hostile.json";
import { Markdown } from "./markdown";

const schemes = /^(https?|mailto):/;
const elements = new Set(
  "a blockquote br button code del div em figcaption figure h3 h4 h5 h6 hr input li ol p path pre rect section span strong svg table tbody td th thead tr ul".split(
    " ",
  ),
);
const attributes = new Set(
  "aria-disabled aria-hidden aria-label checked class d data-align data-depth dir disabled fill height hidden href readonly rel role rx ry scope start stroke stroke-linecap stroke-linejoin stroke-width tabindex target type viewBox width x xmlns y".split(
    " ",
  ),
);

/** Anything in the tree that is not on the lists, or leads where it may not. */
function faults(root: Element, also: Set<string> = new Set()): string[] {
  return [...root.querySelectorAll("*")].flatMap((node) => {
    const name = node.tagName.toLowerCase();
    const bad = [...node.attributes].filter(
      (attribute) =>
        (attribute.name === "href" ? !schemes.test(attribute.value) : !attributes.has(attribute.name) && !also.has(attribute.name)) ||
        /url\(|javascript:/i.test(attribute.value),
    );
    return [...(elements.has(name) || also.has(name) ? [] : [name]), ...bad.map((attribute) => `${name} ${attribute.name}=${attribute.value}`)];
  });
}

describe("hostile markdown", () => {
  it.each(corpus)("does nothing at any point of its arrival: %j", (text) => {
    const page = document.createElement("div");
    for (const source of [text, `Before.\n\n- item ${text}`]) {
      for (let end = 1; end <= source.length; end++) {
        page.innerHTML = renderToStaticMarkup(<Markdown text={source.slice(0, end)} live={end < source.length} />);
        expect(faults(page)).toEqual([]);
      }
    }
  });

  it("does nothing when it grows in place", () => {
    const text = corpus.join("\n\n");
    const { container, rerender } = render(<Markdown text="" live />);
    for (let end = 0; end <= text.length; end += 7) rerender(<Markdown text={text.slice(0, end)} live />);
    rerender(<Markdown text={text} />);
    expect(container.querySelector("script, iframe, img, style, object, embed, form, link, [onerror], [onclick], [src]")).toBeNull();
  });

  it("does nothing inside a formula", async () => {
    const { container } = render(<Markdown text={corpus.filter((text) => /\$|\\\[/.test(text)).join("\n\n")} />);
    await waitFor(() => expect(container.querySelectorAll("math").length).toBeGreaterThan(0));
    const katex = new Set(
      "math semantics annotation mrow mi mo mn mtext mstyle mspace menclose mpadded style encoding mathcolor mathvariant width height display voffset mathbackground lspace rspace scriptlevel displaystyle preserveaspectratio mtable mtr mtd rowspacing columnalign columnspacing stretchy".split(
        " ",
      ),
    );
    expect(faults(container, katex)).toEqual([]);
  });
});
