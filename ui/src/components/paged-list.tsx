import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { messageOf } from "@/lib/api";
import { ListSkeleton } from "./list-skeleton";
import { Button } from "./ui/button";
import { Notice } from "./ui/notice";

type Props<T> = {
  list: UseInfiniteQueryResult<unknown>;
  /** What is loaded; undefined: nothing yet. */
  items: readonly T[] | undefined;
  /** What the list is called. */
  label: string;
  /** Said where there is nothing. */
  empty: string;
  /** On the button that gets the next page. */
  more: string;
  children: (item: T) => ReactNode;
};

/** A list of rows that comes page by page, while it loads, where it fails and where it is empty too. */
export function PagedList<T>({ list, items, label, empty, more, children }: Props<T>) {
  return (
    <>
      {list.isPending && <ListSkeleton />}
      {list.isError && !items && <Notice onRetry={() => void list.refetch()}>{messageOf(list.error)}</Notice>}
      {items?.length === 0 && <p className="border-line border-t py-6 text-muted">{empty}</p>}
      {items && items.length > 0 && (
        <ul aria-label={label} className="border-line border-t">
          {items.map(children)}
        </ul>
      )}
      <More list={list}>{more}</More>
    </>
  );
}

/** The button that gets the next page of a list, if there is one, and what went wrong with that. */
export function More({ list, children }: { list: UseInfiniteQueryResult<unknown>; children: string }) {
  return (
    <>
      {list.hasNextPage && (
        <Button className="mt-6 w-full" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {children}
        </Button>
      )}
      {list.isFetchNextPageError && <Notice className="mt-3">{messageOf(list.error)}</Notice>}
    </>
  );
}
