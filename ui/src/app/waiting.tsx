import { Mark } from "@/components/logo";

/** Between two pages. Shows itself late, so that a quick change does not flicker. */
export function Waiting() {
  return (
    <div className="grid h-full place-items-center py-24">
      <span className="only-spoken">Loading</span>
      <Mark className="size-8 animate-[appear_400ms_300ms_backwards,breathe_1.6s_ease-in-out_700ms_infinite]" />
    </div>
  );
}
