import { useEffect } from "react";
import { announce } from "./announce";

let arrived = true; // the browser itself says the first page's title

/** Called on every navigation: the next title that is set is then said aloud. */
export function navigated(): void {
  arrived = false;
}

/** Names the page in the browser's tab and, after a navigation, to a screen reader. undefined while the name is still loading. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title === undefined) return;
    document.title = title === "Parley" ? title : `${title} · Parley`;
    if (!arrived) announce(title);
    arrived = true;
  }, [title]);
}
