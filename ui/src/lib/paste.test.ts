import { describe, expect, it } from "vitest";
import { pastedFiles, pastedText, textOfHTML } from "./paste";

const picture = new File(["png"], "image.png", { type: "image/png" });

function clipboard({ text = "", html = "", files = [] as File[] }): DataTransfer {
  const parts: Record<string, string> = { "text/plain": text, "text/html": html };
  return { files, getData: (type: string) => parts[type] ?? "" } as unknown as DataTransfer;
}

describe("what a paste brings", () => {
  const table = "<table><tr><td>A</td><td>B</td></tr><tr><td>1</td><td>2</td></tr></table>";
  it.each([
    { what: "cells of a spreadsheet", data: { text: "A\tB\n1\t2", html: table, files: [picture] }, text: "A\tB\n1\t2", files: 0 },
    { what: "text of a word processor with its picture", data: { text: "Dear Ann", html: "<p>Dear Ann</p>", files: [picture] }, text: "Dear Ann", files: 0 },
    { what: "a slide's HTML and picture without plain text", data: { html: "<h1>Plan</h1><p>One</p>", files: [picture] }, text: "Plan\nOne", files: 0 },
    { what: "HTML alone", data: { html: "<b>bold</b> words" }, text: "bold words", files: 0 },
    { what: "plain text", data: { text: "words" }, text: "words", files: 0 },
    { what: "a screenshot", data: { files: [picture] }, text: "", files: 1 },
    { what: "a browser's copied image", data: { html: '<meta charset="utf-8"><img src="https://example.org/a.png">', files: [picture] }, text: "", files: 1 },
    {
      what: "a copied image with its address",
      data: { text: "https://example.org/a.png", html: '<a href="/"><img src="https://example.org/a.png"></a>', files: [picture] },
      text: "",
      files: 1,
    },
    { what: "a file of a file manager that adds its name", data: { text: "image.png", files: [picture] }, text: "", files: 1 },
    { what: "a file of a file manager that adds its path", data: { text: "/home/ann/image.png", files: [picture] }, text: "", files: 1 },
    { what: "a file of a file manager that adds its address", data: { text: "file:///home/ann/image.png\r\n", files: [picture] }, text: "", files: 1 },
    { what: "an address that was copied as text", data: { text: "https://example.org" }, text: "https://example.org", files: 0 },
    { what: "nothing", data: {}, text: "", files: 0 },
  ])("$what", ({ data, text, files }) => {
    expect(pastedText(clipboard(data))).toBe(text);
    expect(pastedFiles(clipboard(data))).toHaveLength(files);
  });
});

describe("the words of HTML", () => {
  it.each([
    ["rows and cells", "<table><tr><th>A</th><th>B</th></tr><tr><td><p>1</p></td><td>2</td></tr></table>", "A\tB\n1\t2"],
    ["lists and breaks", "<ul><li>one</li><li>two<br>lines</li></ul>", "one\ntwo\nlines"],
    ["code as it stands", "<pre>if x:\n    y</pre>", "if x:\n    y"],
    ["no styles and scripts", "<style>p{}</style><script>alert(1)</script><p>x</p>", "x"],
    ["white space between tags", "<div>\n  <p>a</p>\n  <p>b</p>\n</div>", "a\nb"],
  ])("%s", (_, html, text) => expect(textOfHTML(html)).toBe(text));
});
