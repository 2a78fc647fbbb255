import { create } from "zustand";

type SearchBox = {
  open: boolean;
  /** What was asked last, so that one can come back for the next result. */
  text: string;
  /** The one project that is searched; "" for all. */
  projectId: string;
};

const closed: SearchBox = { open: false, text: "", projectId: "" };

/** The search; anything on the page may open it. */
export const useSearchBox = create<SearchBox>()(() => closed);

export function openSearch(): void {
  useSearchBox.setState({ open: true });
}

export function closeSearch(): void {
  useSearchBox.setState({ open: false });
}

/** Forgets what was asked: somebody else may sign in. */
export function forgetSearch(): void {
  useSearchBox.setState(closed);
}

/** The keys that open it, as they are printed on the person's keyboard. */
export const searchKeys = () => (isApple() ? "⌘K" : "Ctrl K");

/** The same for aria-keyshortcuts. */
export const searchShortcut = () => (isApple() ? "Meta+K" : "Control+K");

const isApple = () => /mac|iphone|ipad/i.test(navigator.platform);
