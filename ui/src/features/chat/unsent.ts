import { useEffect, useRef, useState } from "react";

const WRITE_MS = 300;
/** A browser gives a site about five million characters for all that it keeps. */
const MOST = 500_000;
const key = (userId: string, threadId: string) => `parley-unsent-${userId}-${threadId}`;

/** The text being written for a thread. It survives leaving the thread, a reload and a crash. */
export function useUnsent(userId: string, threadId: string): [text: string, setText: (text: string) => void] {
  const place = key(userId, threadId);
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

function read(place: string): string {
  try {
    return localStorage.getItem(place) ?? "";
  } catch {
    return "";
  }
}

function write(place: string, text: string): void {
  try {
    if (text === "") localStorage.removeItem(place);
    else if (text.length <= MOST) localStorage.setItem(place, text);
  } catch {
    // Without storage the text lives as long as the page does.
  }
}
