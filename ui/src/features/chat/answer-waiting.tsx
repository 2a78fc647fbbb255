import { useEffect, useState } from "react";

/** After this long without a word people wonder whether anything happens at all. */
const LONG_MS = 10_000;

/** Stands where the text will be, until its first word. */
export function AnswerWaiting({ place }: { place: number | null }) {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="flex h-7 items-center gap-2.5 text-muted">
      <span aria-hidden="true" className="flex gap-1">
        {["", "[animation-delay:200ms]", "[animation-delay:400ms]"].map((delay) => (
          <span key={delay} className={`size-1.5 animate-breathe forced-color-adjust-none rounded-full bg-accent ${delay}`} />
        ))}
      </span>
      {place !== null && place > 0 ? `Waiting in line, ${place} before you` : long ? "Still waiting for the model" : "Thinking"}
    </p>
  );
}
