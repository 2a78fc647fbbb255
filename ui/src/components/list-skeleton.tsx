import { Skeleton } from "./ui/skeleton";

/** The shape of a list of rows, each of a name and a line below it, that is being loaded. */
export function ListSkeleton() {
  return (
    <div className="flex flex-col gap-7 border-line border-t py-5" aria-hidden="true">
      {["w-2/5", "w-1/2", "w-1/3", "w-1/4"].map((width) => (
        <div key={width} className="flex items-center gap-4">
          <Skeleton className="size-8 rounded-full" />
          <div className="flex flex-1 flex-col gap-2">
            <Skeleton className={width} />
            <Skeleton className="h-3 w-1/4" />
          </div>
        </div>
      ))}
    </div>
  );
}
