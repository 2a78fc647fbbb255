import type { UseMutationResult } from "@tanstack/react-query";
import { toast } from "@/lib/toast";

/**
 * What a Confirm needs that has one thing done, says so and closes. What went wrong is
 * forgotten when it is closed or opened again.
 */
export function useDeed<In, Out>(deed: UseMutationResult<Out, Error, In>, onOpenChange: (open: boolean) => void, said: (made: Out, of: In) => string) {
  const change = (to: boolean) => {
    deed.reset();
    onOpenChange(to);
  };
  const run = (input: In) =>
    deed.mutate(input, {
      onSuccess: (made, of) => {
        toast(said(made, of));
        change(false);
      },
    });
  return { run, props: { onOpenChange: change, busy: deed.isPending, error: deed.error } };
}
