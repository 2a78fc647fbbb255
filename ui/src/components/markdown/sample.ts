/** Texts that the tests of this folder share: short, and with every construct somewhere. */
export const sample: Record<string, string> = {
  prose: "# Title\n\nA *first* paragraph with **bold**, `code` and a\nsecond line.\n\nSetext\n======\n\nAnother\n---\n\n* * *\n\nEnd &amp; done.\n",
  lists:
    "Intro:\n- one\n- two\n  continued\n\n  a paragraph in two\n- three\n\n1. a\n2. b\n   - nested\n     - deeper\n\n     text\n3. c\n\n- [ ] open\n- [x] done\n\nafter\n\n-\n- x\n\n7) seven\n",
  tables: "Before\n| a | b |\n|:--|--:|\n| 1 | `x|y` |\n| 2 | **z** |\n\nAfter the table.\n\n| lone |\n",
  code: 'Run this:\n```go\nfunc main() {\n\tfmt.Println("hi")\n}\n```\nthen\n\n~~~\ntilde\n```\nstill\n~~~\n\n    indented\n\n    more\n\n- item\n  ```js\n  x()\n  ```\n- next\n\n```\nopen end\n',
  quotes: "> quoted\nlazy\n> > deeper\n>\n> - list\n> - in quote\n\nout\n",
  html: "<div class='x'>\n**no**\n\n</div>\n\ntext <b>inline</b> <!-- c -->\n\n<!-- open\n\ncomment -->\n\n<pre>\n\nx\n</pre>\ny\n",
  math: "Inline $a_1 + b$ and \\(c\\).\n$$\nx = \\frac{1}{2}\n$$\ntext\n\\[\ny\n\\]\n\n$$z$$\n\nIt costs $5 and $10, or US$20.\n",
  links:
    "[a](https://example.org) <https://example.com> https://example.net/?a=1&b=2 ![alt](https://example.org/x.png \"t\")\n\n[ref] and [other][ref]\n\n[ref]: https://example.org/r 'title'\n\nmore [ref]\n",
  odd: "a\\\nb  \nc\t\ttab\n\n\n\n\n   x\r\ny\r\n\r\nz\u00a0\u2028w é 🙂 中文\n\n***bold it***~~gone~~ ~one~\n",
};
