// biome-ignore-all lint/suspicious/noArrayIndexKey: the tokens of a text are only ever added at its end
import type { Token, Tokens } from "marked";
import { Fragment, type ReactNode } from "react";
import { decodeEntities } from "./entities";
import { Formula } from "./formula";
import { safeHref } from "./href";
import type { MathToken } from "./math-syntax";

/*
 * marked's tokens become React elements here, and nothing else does: there is no HTML
 * string anywhere, and what a model writes as HTML is shown as the text that it is.
 */

/** The tokens of a line of text. */
export function inline(tokens: readonly Token[] | undefined, live = false): ReactNode {
  return tokens?.map((token, at) => <Fragment key={at}>{piece(token, live)}</Fragment>);
}

function piece(token: Token, live: boolean): ReactNode {
  switch (token.type) {
    case "text":
      return token.tokens ? inline(token.tokens, live) : token.escaped ? token.text : decodeEntities(token.text);
    case "escape":
      return token.text;
    case "strong":
      return <strong>{inline(token.tokens, live)}</strong>;
    case "em":
      return <em>{inline(token.tokens, live)}</em>;
    case "del":
      return <del>{inline(token.tokens, live)}</del>;
    case "codespan":
      return <code dir="ltr">{token.text}</code>; // dir keeps it from deciding the direction of its paragraph
    case "br":
      return <br />;
    case "link":
      return link(token as Tokens.Link, live);
    case "image":
      return image(token as Tokens.Image);
    case "math":
      return <Formula tex={(token as MathToken).tex} source={token.raw} display={(token as MathToken).display} live={live} />;
    case "html":
      return /^<br\s*\/?>$/i.test(token.raw) ? <br /> : token.text;
    default:
      return token.raw;
  }
}

function link(token: Tokens.Link, live: boolean): ReactNode {
  const href = safeHref(token.autolink ? token.href : decodeEntities(token.href));
  const text = inline(token.tokens, live);
  return href === undefined ? text : <Away href={href}>{text}</Away>;
}

/** Never fetched: whoever reads a chat must not tell a foreign host so. */
function image(token: Tokens.Image): ReactNode {
  const href = safeHref(decodeEntities(token.href));
  const text = decodeEntities(token.text) || "image";
  return href === undefined ? text : <Away href={href}>{text}</Away>;
}

function Away({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
