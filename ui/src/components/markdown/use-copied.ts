import { useEffect, useRef, useState } from "react";
import { copyText } from "./copy";

const SHOWN_MS = 1_600;

/** A copy action, which says whether it succeeded, and whether it has just done so. */
export function useCopied(): [copied: boolean, copy: (text: string) => Promise<boolean>] {
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async (text: string) => {
    if (!(await copyText(text))) return false;
    setCopied(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), SHOWN_MS);
    return true;
  };
  return [copied, copy];
}
