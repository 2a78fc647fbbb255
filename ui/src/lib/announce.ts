import { create } from "zustand";

/** What a screen reader is to say next; the region that says it stands in the app's root. */
export const useAnnouncement = create<{ text: string }>()(() => ({ text: "" }));

/** Says one whole sentence, politely. */
export function announce(text: string): void {
  useAnnouncement.setState({ text });
}
