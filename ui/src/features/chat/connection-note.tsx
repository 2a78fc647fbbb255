import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { useConnection } from "@/lib/socket";

/** A loss that is mended sooner than this is not worth a word. */
const PATIENCE_MS = 2_500;

const reasons = {
  lost: "The connection was lost.",
  restarting: "The server is restarting.",
  busy: "The server is busy.",
  signed_out: "Your session has ended.",
  forbidden: "You are no longer allowed here.",
};

/** Says that answers do not arrive live, when the next try is, and lets the person try now. */
export function ConnectionNote() {
  const { state, reason, retryAt, reconnect } = useConnection();
  const late = useLater(state !== "open", PATIENCE_MS);
  const seconds = useSecondsUntil(retryAt);
  if (state === "open" || (state === "connecting" && !late)) return null;
  const what = state === "offline" && reason === "lost" ? "Parley cannot be reached." : reasons[reason ?? "lost"];
  return (
    <div role="status" className="mb-2 flex items-center gap-3 rounded-lg bg-warning-soft forced-colors:border py-1 pr-1 pl-4 text-sm">
      <p className="min-w-0 flex-1">
        {what} {state === "offline" && "Messages you send are kept and go out once you're back online."}{" "}
        <span className="text-muted">
          {retryAt === null ? (state === "connecting" ? "Connecting…" : "") : seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again…"}
        </span>
      </p>
      <Button variant="quiet" className="h-9 px-3" onClick={reconnect}>
        Reconnect
      </Button>
    </div>
  );
}

function useLater(on: boolean, ms: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!on) return;
    const timer = setTimeout(() => setLate(true), ms);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [on, ms]);
  return late;
}

function useSecondsUntil(at: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (at === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [at]);
  return at === null ? 0 : Math.max(0, Math.ceil((at - now) / 1_000));
}
