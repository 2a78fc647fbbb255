import { memo } from "react";
import { Answer } from "./answer";
import { DamagedMessage } from "./damaged-message";
import { OutgoingView } from "./outgoing-view";
import { Question } from "./question";
import { isSaid, type Row } from "./rows";
import { SummaryView } from "./summary-view";

type Props = { row: Row /** It is what the reader looked for. */; marked: boolean };

/** One line of the chat, drawn again only when something about it changed. */
export const MessageRow = memo(
  function MessageRow({ row, marked }: Props) {
    return (
      <div className="mx-auto w-full max-w-3xl px-4 pb-8 sm:px-6" data-marked={marked || undefined}>
        {row.kind === "question" && <Question message={row.message} isLast={row.isLast} ahead={row.ahead} />}
        {row.kind === "answer" && <Answer key={row.message.id} message={row.message} siblings={row.siblings} asker={row.asker} isLast={row.isLast} />}
        {row.kind === "damaged" && <DamagedMessage message={row.message} />}
        {row.kind === "summary" && <SummaryView summary={row.summary} marked={marked} />}
        {row.kind === "outgoing" && <OutgoingView outgoing={row.outgoing} />}
      </div>
    );
  },
  ({ row: a, marked: was }, { row: b, marked: is }) => {
    if (was !== is) return false;
    if (a.kind === "outgoing" || b.kind === "outgoing") return a.kind === b.kind && a.kind === "outgoing" && b.kind === "outgoing" && a.outgoing === b.outgoing;
    if (a.kind === "summary" || b.kind === "summary") return a.kind === "summary" && b.kind === "summary" && a.summary === b.summary;
    if (a.kind === "damaged" || b.kind === "damaged") return a.kind === "damaged" && b.kind === "damaged" && a.message === b.message;
    if (!isSaid(a) || !isSaid(b) || a.kind !== b.kind || a.message !== b.message || a.isLast !== b.isLast) return false;
    if (a.kind === "question") return b.kind === "question" && a.ahead === b.ahead;
    return (
      a.kind !== "answer" ||
      b.kind !== "answer" ||
      (a.asker?.name === b.asker?.name && a.siblings.length === b.siblings.length && a.siblings.every((m, at) => m.id === b.siblings[at]?.id))
    );
  },
);
