import { memo, useState } from "react";
import { type Block, BlockSplitter, isSpace } from "./blocks";
import "./markdown.css";
import { BlockToken, FirstDepth } from "./block-token";
import { PlainOnError } from "./plain-on-error";

type MarkdownProps = {
  text: string;
  /** True while more of the text may come: its end is then shown as if it were complete. */
  live?: boolean;
};

/**
 * Markdown as React elements. While a text grows only its last block is parsed and drawn
 * again: what came before keeps its elements.
 */
export function Markdown(props: MarkdownProps) {
  return (
    <PlainOnError text={props.text}>
      <Blocks {...props} />
    </PlainOnError>
  );
}

function Blocks({ text, live = false }: MarkdownProps) {
  const [splitter] = useState(() => new BlockSplitter());
  const blocks = splitter.update(text, live);
  const first = blocks.find((block) => block.tokens[0]?.type === "heading")?.tokens[0];
  return (
    <FirstDepth value={first?.type === "heading" ? first.depth : 1}>
      <div className="md">{blocks.map((block) => (isSpace(block) ? null : <BlockView key={block.key} block={block} />))}</div>
    </FirstDepth>
  );
}

/** Counts drawn blocks in tests; the cost of streaming is what this number says. */
export const drawn = { blocks: 0 };

const BlockView = memo(function BlockView({ block }: { block: Block }) {
  drawn.blocks++;
  // biome-ignore lint/suspicious/noArrayIndexKey: a block has one token, or those of its mended end
  return block.tokens.map((token, at) => <BlockToken key={at} token={token} live={block.live && at === block.tokens.length - 1} />);
});
