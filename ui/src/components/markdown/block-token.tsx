// biome-ignore-all lint/suspicious/noArrayIndexKey: the tokens of a text are only ever added at its end
import type { Token, Tokens } from "marked";
import { createContext, memo, type ReactNode, useContext } from "react";
import { directionOf } from "@/lib/direction";
import { CodeBlock } from "./code-block";
import { decodeEntities } from "./entities";
import { Formula } from "./formula";
import { inline } from "./inline";
import type { MathToken } from "./math-syntax";
import { Table } from "./table";

/** One token of block level. `live`: its end may still be missing. */
export function BlockToken({ token, live }: { token: Token; live: boolean }): ReactNode {
  switch (token.type) {
    case "paragraph":
      return <p dir="auto">{inline(token.tokens, live)}</p>;
    case "text": // a tight list item's content
      return token.tokens ? inline(token.tokens, live) : decodeEntities(token.text);
    case "heading":
      return <Heading token={token as Tokens.Heading} live={live} />;
    case "code":
      return <CodeBlock code={token.text} language={token.lang ?? ""} live={live && !isClosed(token.raw)} />;
    case "list":
      return list(token as Tokens.List, live);
    case "blockquote":
      return <blockquote dir={directionOf(token.raw)}>{blocks(token.tokens, live)}</blockquote>;
    case "table":
      return <Table token={token as Tokens.Table} />;
    case "math":
      return <Formula tex={(token as MathToken).tex} source={token.raw} display={(token as MathToken).display} live={live} />;
    case "hr":
      return <hr />;
    case "html":
      return (
        <p className="md-raw" dir="auto">
          {token.text.trimEnd()}
        </p>
      );
    case "space":
    case "def":
    case "checkbox": // drawn by its list item
      return null;
    default:
      return inline([token], live);
  }
}

/** The tokens of a container: only the last one can still grow. */
function blocks(tokens: readonly Token[] | undefined, live: boolean): ReactNode {
  return tokens?.map((token, at) => <BlockToken key={at} token={token} live={live && at === tokens.length - 1} />);
}

/** The depth of a text's first heading, whatever the writer began with. */
export const FirstDepth = createContext(1);

/** The chat's title is level one and each message is level two, so a message's own headings begin at three. */
function Heading({ token, live }: { token: Tokens.Heading; live: boolean }) {
  const level = 3 + Math.max(0, token.depth - useContext(FirstDepth));
  const Tag = `h${Math.min(level, 6)}` as "h3";
  return (
    <Tag dir="auto" data-depth={token.depth}>
      {inline(token.tokens, live)}
    </Tag>
  );
}

function list(token: Tokens.List, live: boolean): ReactNode {
  const items = token.items.map((item, at) => <Item key={at} item={item} live={live && at === token.items.length - 1} />);
  if (!token.ordered)
    return (
      <ul dir={directionOf(token.raw)} className={token.items.some((item) => item.task) ? "md-tasks" : undefined}>
        {items}
      </ul>
    );
  return (
    <ol dir={directionOf(token.raw)} start={token.start === "" ? 1 : token.start}>
      {items}
    </ol>
  );
}

type ItemProps = { item: Tokens.ListItem; live: boolean };

/** Lists are the longest blocks that models write, so each item is remembered by itself. */
const Item = memo(
  function Item({ item, live }: ItemProps) {
    const content = blocks(item.tokens, live);
    if (!item.task) return <li dir={directionOf(item.text)}>{content}</li>;
    return (
      <li dir={directionOf(item.text)} className="md-task">
        <input type="checkbox" checked={item.checked ?? false} readOnly aria-disabled tabIndex={-1} aria-label={item.checked ? "Done" : "To do"} />
        <div dir="auto">{content}</div>
      </li>
    );
  },
  (a, b) => a.item === b.item || (!a.live && !b.live && a.item.raw === b.item.raw && a.item.loose === b.item.loose && !mayRefer(a.item.raw)),
);

/** A reference may change its meaning when its definition arrives, without a change of its own text. */
function mayRefer(raw: string): boolean {
  return raw.includes("[");
}

/** A fenced block with its closing fence; an indented one is closed by what follows it. */
function isClosed(raw: string): boolean {
  return /^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^|\n) {0,3}\1[`~]*[ \t]*\n*$/.test(raw);
}
