import { useEffect, useRef, useState } from "react";

const WRITE_MS = 300;
/** A browser gives a site about five million characters for all that it keeps. */
const MOST = 500_000;
const key = (userId: string, threadId: string) => `parley-unsent-${userId}-${threadId}`;

/**
 * Keeps the text that a person writes for a thread, or for a chat still to begin. It survives
 * leaving the page, a reload and a crash. Without `of` it lives as long as the field.
 */
export function useUnsent(userId: string, of: string | undefined): [text: string, setText: (text: string) => void] {
  const place = of === undefined ? undefined : key(userId, of);
  const [text, setText] = useState(() => read(place));
  const latest = useRef(text);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => {
    const flush = () => {
      if (timer.current === undefined) return;
      clearTimeout(timer.current);
      timer.current = undefined;
      write(place, latest.current);
    };
    window.addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", flush);
    return () => {
      window.removeEventListener("pagehide", flush);
      document.removeEventListener("visibilitychange", flush);
      flush();
    };
  }, [place]);

  const change = (next: string) => {
    latest.current = next;
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      write(place, latest.current);
    }, WRITE_MS);
  };
  return [text, change];
}

function read(place: string | undefined): string {
  try {
    return place === undefined ? "" : (localStorage.getItem(place) ?? "");
  } catch {
    return "";
  }
}

function write(place: string | undefined, text: string): void {
  try {
    if (place === undefined) return;
    if (text === "") localStorage.removeItem(place);
    else if (text.length <= MOST) localStorage.setItem(place, text);
  } catch {
    // Without storage the text lives as long as the page does.
  }
}
