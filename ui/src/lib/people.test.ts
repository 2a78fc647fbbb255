import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { sampleMessage, sampleUser } from "@/testing/samples";
import { type MessageList, messagesKey } from "./live-messages";
import { authorName, displayNameError, initials, personColor, putName } from "./people";

it("makes initials of the first and the last word, in any script", () => {
  expect(["Anna Maria Çelik", "ben.cole", "سارة علي", "  李小龙 ", "🦊 Fox", "🦊"].map(initials)).toEqual(["AÇ", "BC", "سع", "李", "F", "?"]);
});

it("gives each person one colour", () => {
  expect(personColor("a")).toBe(personColor("a"));
  expect(new Set(["a", "b", "c", "d", "e", "f", "g"].map(personColor)).size).toBeGreaterThan(4);
});

it("names the author of a message, or says that nobody knows", () => {
  expect(authorName(sampleMessage({ author: { id: "x", name: "Anna" } }))).toBe("Anna");
  expect(authorName(sampleMessage())).toBe("A former member");
});

it("puts a new name on everything that is loaded", () => {
  const client = new QueryClient();
  const me = sampleUser({ id: "ben", username: "ben" });
  client.setQueryData(["me"], me);
  const asked = sampleMessage({ is_user: true, author: { id: "ben", name: "ben" } });
  const stopped = sampleMessage({ status: "stopped", stopped_by: { id: "ben", name: "ben" } });
  const other = sampleMessage({ is_user: true, author: { id: "ann", name: "ann" } });
  client.setQueryData(messagesKey("t"), { items: [asked, stopped, other], hasOlder: false });
  putName(client, { id: "ben", username: "ben", display_name: "Ben Cole" });
  const items = client.getQueryData<MessageList>(messagesKey("t"))?.items ?? [];
  expect(items.map((m) => m.author?.name ?? m.stopped_by?.name)).toEqual(["Ben Cole", "Ben Cole", "ann"]);
  expect(items[2]).toBe(other);
  expect(client.getQueryData(["me"])).toMatchObject({ display_name: "Ben Cole" });
});

it("refuses a display name that is too long", () => {
  expect(displayNameError("ж".repeat(80))).toBeUndefined();
  expect(displayNameError("ж".repeat(81))).toBeDefined();
});
