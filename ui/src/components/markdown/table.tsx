// biome-ignore-all lint/suspicious/noArrayIndexKey: the tokens of a text are only ever added at its end
import type { Tokens } from "marked";
import { memo } from "react";
import { directionOf } from "@/lib/direction";
import { inline } from "./inline";

/** A table that scrolls inside itself, so that a wide one does not widen the page. */
export function Table({ token }: { token: Tokens.Table }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it too
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form's fields
    <div role="group" className="md-table" aria-label="Table" tabIndex={0}>
      <table dir={directionOf(token.raw)}>
        <thead>
          <Row cells={token.header} />
        </thead>
        <tbody>
          {token.rows.map((cells, at) => (
            <Row key={at} cells={cells} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Row = memo(
  function Row({ cells }: { cells: Tokens.TableCell[] }) {
    return (
      <tr>
        {cells.map((cell, at) => {
          const Cell = cell.header ? "th" : "td";
          return (
            <Cell key={at} dir="auto" data-align={cell.align ?? undefined} scope={cell.header ? "col" : undefined}>
              {inline(cell.tokens)}
            </Cell>
          );
        })}
      </tr>
    );
  },
  (a, b) => a.cells === b.cells || (a.cells.length === b.cells.length && a.cells.every((cell, at) => same(cell, b.cells[at]))),
);

function same(a: Tokens.TableCell, b: Tokens.TableCell | undefined): boolean {
  // A reference may change its meaning when its definition arrives, without a change of its own text.
  return a.text === b?.text && a.align === b.align && !a.text.includes("[");
}
