import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { messageOf } from "@/lib/api";
import type { UsageSum } from "@/lib/wire";
import { More } from "./paged-list";
import { Field } from "./ui/field";
import { Notice } from "./ui/notice";
import { Select } from "./ui/select";
import { Skeleton } from "./ui/skeleton";
import { tokensOf, type UsageRow } from "./usage";

type Props = {
  list: UseInfiniteQueryResult<{ rows: UsageRow[]; sum: UsageSum }>;
  days: number;
  onDays: (days: number) => void;
  /** What each row is of: a day, a person. */
  of: string;
};

const count = (n: number) => n.toLocaleString("en");

/** What was had of the models in some days: the sum, and where it went. */
export function UsageView({ list, days, onDays, of }: Props) {
  const { data } = list;
  return (
    <>
      <div className="w-44">
        <Field label="Time">
          {(control) => (
            <Select {...control} value={String(days)} onChange={(e) => onDays(Number(e.target.value))}>
              <option value="1">Today</option>
              <option value="7">Last 7 days</option>
              <option value="30">Last 30 days</option>
              <option value="90">Last 90 days</option>
              <option value="365">Last 365 days</option>
            </Select>
          )}
        </Field>
      </div>
      {list.isPending && <Waiting />}
      {list.isError && !data && (
        <Notice className="mt-6" onRetry={() => void list.refetch()}>
          {messageOf(list.error)}
        </Notice>
      )}
      {data && (
        <>
          <dl className="mt-6 grid grid-cols-3 gap-4">
            <Figure name="Answers" value={data.sum.answers} />
            <Figure name="Tokens read" value={data.sum.prompt_tokens} />
            <Figure name="Tokens written" value={data.sum.completion_tokens} />
          </dl>
          {data.rows.length === 0 ? (
            <p className="mt-6 border-line border-t py-6 text-muted">No model was asked anything.</p>
          ) : (
            <Rows rows={data.rows} of={of} />
          )}
        </>
      )}
      <More list={list}>Show more</More>
      <p className="mt-6 text-faint text-sm">Days are counted in UTC. Tokens are as the model servers count them, or as Parley does where they do not say.</p>
    </>
  );
}

function Figure({ name, value }: { name: string; value: number }) {
  return (
    <div className="flex flex-col">
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="font-semibold text-xl tabular-nums [overflow-wrap:anywhere] sm:text-2xl">{count(value)}</dd>
    </div>
  );
}

function Rows({ rows, of }: { rows: readonly UsageRow[]; of: string }) {
  const most = Math.max(1, ...rows.map(tokensOf));
  return (
    <table className="mt-6 w-full text-sm">
      <thead>
        <tr className="border-line border-y text-left text-faint text-xs">
          <th scope="col" className="py-2 font-medium">
            {of} and model
          </th>
          {["Answers", "Read", "Written"].map((name) => (
            <th key={name} scope="col" className="py-2 pl-3 text-right font-medium">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key} className="border-line border-b align-top">
            <th scope="row" className="py-2.5 text-left font-normal [overflow-wrap:anywhere]">
              <span className="mr-1 font-medium">{row.name}</span> <span className="text-muted">{row.model}</span>
              <span
                aria-hidden="true"
                className="mt-1.5 block forced-color-adjust-none h-1 rounded-sm bg-accent"
                style={{ width: `${Math.max(1, (100 * tokensOf(row)) / most)}%` }}
              />
            </th>
            {[row.answers, row.prompt_tokens, row.completion_tokens].map((n, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the columns stay where they are
              <td key={i} className="py-2.5 pl-3 text-right tabular-nums">
                {count(n)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Waiting() {
  return (
    <div className="mt-6 flex flex-col gap-6" aria-hidden="true">
      <Skeleton className="h-12" />
      <Skeleton />
      <Skeleton className="w-4/5" />
      <Skeleton className="w-2/3" />
    </div>
  );
}
