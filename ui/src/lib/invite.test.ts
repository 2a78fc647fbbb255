import { expect, it } from "vitest";
import { inviteHere, inviteIn, registerLink } from "./invite";

it("puts the code where no server sees it, and finds it again", () => {
  const link = new URL(registerLink("a-b_c"));
  expect(link.pathname + link.search).toBe("/register");
  expect(inviteIn(link.href)).toBe("a-b_c");
  window.history.replaceState(null, "", link.pathname + link.hash);
  expect(inviteHere()).toBe("a-b_c");
});

it.each([
  ["a code alone", " a-b_c\n", "a-b_c"],
  ["nothing", "  ", ""],
  ["what cannot be decoded", "#invite=%", "%"],
])("takes %s as it is", (_, text, code) => {
  expect(inviteIn(text)).toBe(code);
});

it("finds none in another address", () => {
  window.history.replaceState(null, "", "/register#main");
  expect(inviteHere()).toBe("");
});
