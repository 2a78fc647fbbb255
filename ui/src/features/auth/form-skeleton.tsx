import { Skeleton } from "@/components/ui/skeleton";

/** Three fields that are on their way. */
export function FormSkeleton() {
  return (
    <div className="flex flex-col gap-5">
      <Skeleton className="h-11" />
      <Skeleton className="h-11" />
      <Skeleton className="h-11" />
    </div>
  );
}
