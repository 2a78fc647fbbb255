import { render } from "@testing-library/react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { Markdown } from "./markdown";

/** What has been used against chat pages, and its relatives. */
const corpus = [
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java\tscript:alert(1))",
  "[x](java&Tab;script:alert(1))",
  "[x](javascript&colon;alert(1))",
  "[x](&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1))",
  "[x](&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1))",
  "[x](<javascript:alert(1)>)",
  "[x]( javascript:alert(1) 'title')",
  "[x](\u0001javascript:alert(1))",
  "[x](javascript%3Aalert(1))",
  "[x](vbscript:msgbox(1))",
  "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
  "[x](data:image/svg+xml,<svg onload=alert(1)>)",
  "[x](blob:https://example.org/1) [y](file:///etc/passwd) [z](//example.org) [w](/api/v1/auth/logout)",
  '[x](https://example.org/"onmouseover=alert(1)//)',
  "[x]: javascript:alert(1)\n\n[x] [a][x] ![a][x]",
  "<javascript:alert(1)> <https://example.org/'onclick='x>",
  "![x](javascript:alert(1)) ![x](https://example.org/track.png) ![](data:image/svg+xml;base64,PHN2Zy8+)",
  "[![x](https://example.org/a.png)](javascript:alert(1))",
  '![x](https://example.org/a.png "onerror=alert(1)")',
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg><animate onbegin=alert(1) attributeName=x></svg>",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<a href='javascript:alert(1)'>x</a>",
  "<details open ontoggle=alert(1)>",
  "<style>*{background:url(https://example.org)}</style>",
  "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
  "<!--<img src='--><img src=x onerror=alert(1)>'>",
  "<div\n\nonclick=alert(1)>\n\n**x**\n</div>",
  "`<img src=x onerror=alert(1)>`",
  "```html\n<script>alert(1)</script>\n```",
  '```"><img src=x onerror=alert(1)>\nx\n```',
  "| <img src=x onerror=alert(1)> | [x](javascript:alert(1)) |\n|---|---|\n| <script>x</script> | ![x](https://example.org/y.png) |",
  "- [ ] <img src=x onerror=alert(1)>\n- [x] [x](javascript:alert(1))",
  "> # <script>alert(1)</script>",
  "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x onerror=alert(1)&#62;",
  "$\\href{javascript:alert(1)}{x}$ $\\url{javascript:alert(1)}$",
  "$$\\includegraphics{https://example.org/x.png} \\htmlData{onclick=alert(1)}{x} \\htmlStyle{background:url(https://example.org)}{x}$$",
  "\\[\\unicode{<img src=x onerror=alert(1)>} \\text{<script>alert(1)</script>}\\]",
  "$\\def\\a{\\a\\a}\\a$ $\\rule{99999em}{99999em}$",
  "www.example.org/<script> mailto:a@b.example javascript:alert(1) a@b.example",
  "{{constructor.constructor('alert(1)')()}} <%= alert(1) %>",
  "[__proto__]: https://example.org\n\n[__proto__] [constructor][] [toString]",
];

const schemes = /^(https?|mailto):/;
const elements = new Set(
  "a blockquote br button code del div em figcaption figure h2 h3 h4 h5 h6 hr input li ol p path pre rect section span strong svg table tbody td th thead tr ul".split(
    " ",
  ),
);
const attributes = new Set(
  "aria-disabled aria-hidden aria-label checked class d data-align data-depth disabled fill height hidden href readonly rel rx ry scope start stroke stroke-linecap stroke-linejoin stroke-width tabindex target type viewBox width x xmlns y".split(
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
    await new Promise((done) => setTimeout(done, 300));
    const katex = new Set(
      "math semantics annotation mrow mi mo mn mtext mstyle mspace menclose mpadded style encoding mathcolor mathvariant width height display voffset mathbackground lspace rspace scriptlevel displaystyle preserveaspectratio".split(
        " ",
      ),
    );
    expect(faults(container, katex)).toEqual([]);
    expect(container.querySelectorAll("math").length).toBeGreaterThan(0);
  });
});
