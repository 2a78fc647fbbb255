import { useEffect } from "react";

/** Marks the parts of a page in which Escape is meant for the answer that is being written. */
export const escapeStops = { "data-escape-stops": "" };

/**
 * Runs `act` on Escape in one of the marked parts, unless something that was open has
 * taken the key to close itself, or is open still.
 */
export function useEscape(active: boolean, act: () => void): void {
  useEffect(() => {
    if (!active) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      const meant = event.target instanceof Element && event.target.closest("[data-escape-stops]");
      if (meant && !document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]')) act();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [active, act]);
}
