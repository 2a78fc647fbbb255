import type { QueryClient } from "@tanstack/react-query";
import { projectColor, projectColors } from "./colors";
import type { MessageList } from "./live-messages";
import { meQuery } from "./me";
import type { Message, Person, User } from "./wire";

/** Stands for a person whose name the server does not have any more. */
export const FORMER_MEMBER = "A former member";

/** What a message calls its author. */
export function authorName(message: Message): string {
  return message.author?.name || FORMER_MEMBER;
}

/** One or two letters that stand for a name: the first of the first and of the last word. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letter = (word: string | undefined) => word?.match(/[\p{L}\p{N}]/u)?.[0]?.toUpperCase() ?? "";
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return letter(words[0]) + letter(last) || "?";
}

/** The CSS colour of a person: the same everywhere, and after a rename. */
export function personColor(id: string): string {
  let sum = 0;
  for (const c of id) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return projectColor(projectColors[sum % projectColors.length] ?? "slate");
}

/** Makes everything that is loaded call a person by their new name. */
export function putName(client: QueryClient, person: Person): void {
  for (const [key, list] of client.getQueriesData<MessageList>({ queryKey: ["messages"] })) {
    if (list?.items.some((m) => names(m, person.id))) client.setQueryData<MessageList>(key, { ...list, items: list.items.map((m) => renamed(m, person)) });
  }
  client.setQueryData<User>(meQuery.queryKey, (me) => (me?.id === person.id ? { ...me, username: person.username, display_name: person.display_name } : me));
  for (const part of ["members", "activities"]) {
    void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey.includes(part) });
  }
}

const names = (message: Message, id: string) => message.author?.id === id || message.stopped_by?.id === id;

function renamed(message: Message, { id, display_name: name }: Person): Message {
  if (!names(message, id)) return message;
  return {
    ...message,
    ...(message.author?.id === id && { author: { id, name } }),
    ...(message.stopped_by?.id === id && { stopped_by: { id, name } }),
  };
}

/** What is wrong with a display name that was typed, as far as the page can tell. */
export function displayNameError(name: string): string | undefined {
  return [...name.trim()].length > 80 ? "Use at most 80 characters." : undefined;
}
