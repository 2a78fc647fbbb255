import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";
import { drawn, Markdown } from "./markdown";

const html = (text: string, live = false) => renderToStaticMarkup(<Markdown text={text} live={live} />);
/** What a text becomes, without the directions, which have tests of their own. */
const inside = (text: string) => /^<div class="md">([\s\S]*)<\/div>$/.exec(html(text))?.[1]?.replaceAll(/ dir="(?:auto|ltr|rtl)"/g, "");

describe("markdown", () => {
  it.each([
    [
      "emphasis",
      "*a* **b** ***c*** ~~d~~ `e <f> &amp;`",
      "<p><em>a</em> <strong>b</strong> <em><strong>c</strong></em> <del>d</del> <code>e &lt;f&gt; &amp;amp;</code></p>",
    ],
    ["headings, below the chat's and the message's", "# a\n\n## b\n\n###### c", '<h3 data-depth="1">a</h3><h4 data-depth="2">b</h4><h6 data-depth="6">c</h6>'],
    [
      "headings that begin deeper, without leaving out a level",
      "### a\n\n#### b\n\n# c",
      '<h3 data-depth="3">a</h3><h4 data-depth="4">b</h4><h3 data-depth="1">c</h3>',
    ],
    ["nested lists", "1. a\n   - b\n2. c", '<ol start="1"><li>a<ul><li>b</li></ul></li><li>c</li></ol>'],
    ["a list that starts elsewhere", "7. a", '<ol start="7"><li>a</li></ol>'],
    ["quotes", "> a\n>\n> b", "<blockquote><p>a</p><p>b</p></blockquote>"],
    ["character references", "&copy; &#8364; &#x1F642; &unknown; AT&T", "<p>© € 🙂 &amp;unknown; AT&amp;T</p>"],
    ["line breaks", "a  \nb<br>c\\\nd", "<p>a<br/>b<br/>c<br/>d</p>"],
    ["a single tilde as it is", "5~7 or 100~200, about ~3~5, ~~gone~~", "<p>5~7 or 100~200, about ~3~5, <del>gone</del></p>"],
    [
      "emphasis beside punctuation of Chinese, Japanese and Korean",
      '他说**「重要」**的事 **注意：**請 これは**重要（必須）**です **"제목"**은 *斜体（x）*后 ~~删（t）~~后',
      "<p>他说<strong>「重要」</strong>的事 <strong>注意：</strong>請 これは<strong>重要（必須）</strong>です <strong>&quot;제목&quot;</strong>은 <em>斜体（x）</em>后 <del>删（t）</del>后</p>",
    ],
    ["type names as the text that they are", "Vec<String> vs List<T>", "<p>Vec&lt;String&gt; vs List&lt;T&gt;</p>"],
    ["a rule", "a\n\n---", "<p>a</p><hr/>"],
    ["HTML as the text that it is", '<div onclick="x()">\n<b>a</b>', '<p class="md-raw">&lt;div onclick=&quot;x()&quot;&gt;\n&lt;b&gt;a&lt;/b&gt;</p>'],
    ["inline HTML as the text that it is", "a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>"],
  ])("shows %s", (_, source, expected) => {
    expect(inside(source)).toBe(expected);
  });

  it("shows tables with their alignment, in a box that scrolls", () => {
    render(<Markdown text={"| a | b |\n|:--|--:|\n| 1 | **2** |"} />);
    expect(screen.getByRole("group", { name: "Table" })).toHaveAttribute("tabindex", "0");
    expect(screen.getByRole("columnheader", { name: "b" })).toHaveAttribute("data-align", "right");
    expect(screen.getByRole("cell", { name: "2" }).innerHTML).toBe("<strong>2</strong>");
  });

  it("shows task lists as boxes that cannot be ticked", () => {
    render(<Markdown text={"- [ ] open\n- [x] done"} />);
    expect(screen.getByRole("checkbox", { name: "Done" })).toBeChecked();
    expect(screen.getByRole("checkbox", { name: "To do" })).toHaveAttribute("aria-disabled", "true");
  });

  it("opens links in their own tab and tells nothing about where they are from", () => {
    render(<Markdown text="[here](https://example.org/a?b=1&amp;c=2)" />);
    const link = screen.getByRole("link", { name: "here" });
    expect(link).toHaveAttribute("href", "https://example.org/a?b=1&c=2");
    expect(link).toHaveAttribute("rel", "noopener noreferrer nofollow");
    expect(link).toHaveAttribute("target", "_blank");
  });

  it("shows an image as a link and fetches nothing", () => {
    const { container } = render(<Markdown text="![a chart](https://example.org/c.png)" />);
    expect(screen.getByRole("link", { name: "a chart" })).toHaveAttribute("href", "https://example.org/c.png");
    expect(container.querySelector("[src], [srcset], img")).toBeNull();
  });
});

describe("code", () => {
  it("names its language and copies the plain text", async () => {
    const writeText = vi.fn(async () => undefined);
    Object.assign(navigator, { clipboard: { writeText } });
    render(<Markdown text={"```ts\nconst a = 1;\n```"} />);
    expect(screen.getByText("TypeScript")).toBeInTheDocument();
    fireEvent.click(screen.getByRole("button", { name: "Copy code" }));
    expect(writeText).toHaveBeenCalledWith("const a = 1;");
    expect(await screen.findByText("Copied")).toBeInTheDocument();
  });

  it("gets its colours once it is complete, and keeps its text", async () => {
    const code = "// why\nconst a = `x`;";
    const { container, rerender } = render(<Markdown text={`\`\`\`ts\n${code}`} live />);
    expect(container.querySelector("pre")?.textContent).toBe(code);
    rerender(<Markdown text={`\`\`\`ts\n${code}\n\`\`\`\n`} live />);
    await waitFor(() => expect(container.querySelector(".code-comment")?.textContent).toBe("// why"));
    expect(container.querySelector(".code-keyword")?.textContent?.trim()).toBe("const");
    expect(container.querySelector("pre")?.textContent).toBe(code);
    expect(container.querySelector("[style]")).toBeNull();
  });

  it("stays plain when the language is unknown or the block is huge", async () => {
    const huge = "const a = 1;\n".repeat(5000);
    const { container } = render(<Markdown text={`\`\`\`nosuch\nx\n\`\`\`\n\n\`\`\`ts\n${huge}\`\`\``} />);
    await new Promise((done) => setTimeout(done, 50));
    expect(container.querySelector("[class^='code-']")).toBeNull();
    expect(screen.getByText("nosuch")).toBeInTheDocument();
  });
});

describe("the direction of a text", () => {
  it("is found in each block by its own letters", () => {
    const { container } = render(<Markdown text={"# שלום\n\nmixed\n\n- مرحبا\n\n1. a\n\n> b\n\n| c |\n|--|\n| d |\n\n<div>e"} />);
    for (const block of container.querySelectorAll("p, h3, th, td")) expect(block).toHaveAttribute("dir", "auto");
  });

  it.each([
    ["ul, li", "- مرحبا\n- b", "- a\n- b"],
    ["ol, ol > li", "1. مرحبا", "1. a"],
    ["ul, li", "- [x] مرحبا", "- [ ] a"],
    ["ul, ul ul, li", "- مرحبا\n  - مرحبا", "- a\n  - b"],
    ["blockquote", "> مرحبا", "> a"],
    ["table", "| مرحبا |\n|--|\n| d |", "| a |\n|--|\n| مرحبا |"],
  ])("of %s is that of the first letter in it: markers and borders stand where the text begins", (blocks, fromRight, fromLeft) => {
    const first = (text: string) => {
      const { container, unmount } = render(<Markdown text={text} />);
      const found = container.querySelector(blocks.split(",").at(-1) ?? "")?.getAttribute("dir");
      const outer = container.querySelector(blocks.split(",")[0] ?? "")?.getAttribute("dir");
      unmount();
      return [outer, found];
    };
    expect(first(fromRight)).toEqual(["rtl", "rtl"]);
    expect(first(fromLeft)).toEqual(["ltr", "ltr"]);
  });

  it("is not decided by code, which runs from the left", () => {
    const { container } = render(<Markdown text="`code --flag` في وسط النص" />);
    expect(container.querySelector("code")).toHaveAttribute("dir", "ltr");
  });
});

describe("formulas", () => {
  const formulas = (text: string) => {
    const { container, unmount } = render(<Markdown text={text} />);
    const found = [...container.querySelectorAll(".md-math")].map((node) => node.textContent);
    unmount();
    return found;
  };

  it.each([
    ["dollars", "so $a_1 + b$ holds", ["$a_1 + b$"]],
    ["double dollars", "$$\nx^2\n$$", ["$$\nx^2\n$$"]],
    ["brackets", "\\(x\\) and\n\\[\ny\n\\]", ["\\(x\\)", "\\[\ny\n\\]"]],
    ["single letters", "for $n$ of $O(n \\log n)$", ["$n$", "$O(n \\log n)$"]],
    [
      "environments",
      "\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}\n\n\\begin{equation*} x \\end{equation*}",
      ["\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}", "\\begin{equation*} x \\end{equation*}"],
    ],
    ["brackets, over a blank line", "\\[\na = b\n\nc = d\n\\]\n\nend", ["\\[\na = b\n\nc = d\n\\]"]],
    ["double dollars, over a blank line", "$$\na\n\nb\n$$\nend", ["$$\na\n\nb\n$$"]],
    ["several in a table", "| a |\n|--|\n| $x$ |", ["$x$"]],
  ])("are found between %s", (_, text, expected) => {
    expect(formulas(text)).toEqual(expected);
  });

  it.each([
    "It costs $5 and $10.",
    "From $5–$10, or $1,000-$2,000.",
    "US$20 is about CA$27.",
    "**$5** or **$10**",
    "I have $5, you have US$.",
    "$5/month and 10$/year",
    "set $HOME and $PATH",
    "echo `$a $b` and \\$x\\$",
    "a lone $ sign, and $$",
    "```sh\necho $a_1 $b_2\n```",
  ])("are not seen in: %s", (text) => {
    expect(formulas(text)).toEqual([]);
  });

  it("are laid out, with their meaning for a screen reader", async () => {
    const { container } = render(<Markdown text="$\frac{a}{b}$" />);
    await waitFor(() => expect(container.querySelector(".md-tex")).toBeNull());
    expect(container.querySelector("math mfrac")).not.toBeNull();
  });

  it("show their source when they cannot be read or are too long", async () => {
    const { container } = render(<Markdown text={`$\\frac{a$ and $\\nosuch{1}$ and $${"x^".repeat(6000)}x$ and $\\frac{a}{b}$`} />);
    const sources = () => [...container.querySelectorAll(".md-tex")].map((node) => node.textContent?.slice(0, 8));
    await waitFor(() => expect(sources()).toEqual(["$\\frac{a", "$\\nosuch", "$x^x^x^x"]));
    expect(container.querySelector("math mfrac")).not.toBeNull();
  });
});

describe("the cost of streaming", () => {
  it("draws settled blocks once, however long the answer is", () => {
    const answer = Array.from({ length: 80 }, (_, n) => `## Part ${n}\n\n${"Some words that say something about it. ".repeat(5)}\n\n- one\n- two\n`)
      .join("\n")
      .slice(0, 15_000);
    expect(answer).toHaveLength(15_000);
    const updates = 379;
    const { rerender } = render(<Markdown text="" live />);
    drawn.blocks = 0;
    for (let n = 1; n <= updates; n++) rerender(<Markdown text={answer.slice(0, Math.ceil((answer.length * n) / updates))} live />);
    const blocks = document.querySelectorAll(".md > *").length;
    // Each update draws the block that grows; a block that begins or ends is drawn a few times more.
    expect(drawn.blocks).toBeLessThan(updates * 2 + blocks * 4);
  });
});
