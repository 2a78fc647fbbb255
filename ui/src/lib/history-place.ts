/** True when the page that is shown was reached by Back or Forward, which lead to where one was. */
export function cameByHistory(): boolean {
  return byHistory;
}

let byHistory = false;
window.addEventListener("popstate", () => {
  byHistory = true;
});
// wouter sends these events for each navigation of the page's own.
for (const type of ["pushState", "replaceState"])
  window.addEventListener(type, () => {
    byHistory = false;
  });

/** Where the reader was in a chat: the first message in sight, and how far below the upper edge it begins, in pixels. */
export type ChatPlace = { messageId: string; below: number };

/** Where the reader was, by thread; nothing where that was the end. It lasts as long as the page. */
const places = new Map<string, ChatPlace>();

/** Remembers where the reader is in a chat; undefined is the end. */
export function rememberChatPlace(threadId: string, place: ChatPlace | undefined): void {
  places.delete(threadId);
  if (place) places.set(threadId, place);
}

/** Returns where the reader was in a chat before they left it, if they came back by Back or Forward. */
export function chatPlace(threadId: string): ChatPlace | undefined {
  return byHistory ? places.get(threadId) : undefined;
}

/** Forgets all places, as when another person signs in. */
export function forgetPlaces(): void {
  places.clear();
}
