import { Skeleton } from "@/components/ui/skeleton";

/** The shape of a chat that is being loaded. */
export function ChatSkeleton() {
  return (
    <div className="flex h-full flex-col">
      <div className="flex h-14 shrink-0 items-center px-4 sm:px-6">
        <Skeleton className="w-48" />
      </div>
      <MessagesSkeleton />
    </div>
  );
}

export function MessagesSkeleton() {
  return (
    <div role="status" className="mx-auto flex w-full max-w-3xl flex-1 flex-col gap-4 px-4 pt-10 sm:px-6">
      <span className="only-spoken">Loading the chat</span>
      <Skeleton className="mb-4 h-12 w-3/5 self-end rounded-xl" />
      {["w-11/12", "w-full", "w-10/12", "w-2/3"].map((width) => (
        <Skeleton key={width} className={width} />
      ))}
    </div>
  );
}
