import { Skeleton } from "@/components/ui/skeleton";

/** The shape of a list that is being loaded. */
export function ListSkeleton() {
  return (
    <div className="flex flex-col gap-7 border-line border-t py-5" aria-hidden="true">
      {["w-2/5", "w-1/2", "w-1/3"].map((width) => (
        <div key={width} className="flex flex-col gap-2">
          <Skeleton className={width} />
          <Skeleton className="h-3 w-1/4" />
        </div>
      ))}
    </div>
  );
}
