import { expect, it } from "vitest";
import { loginPath, nextPath } from "./next";

it("remembers the page that was wanted, with its search", () => {
  window.history.replaceState(null, "", "/projects/1?show=archived");
  const path = loginPath();
  expect(path).toBe("/login?next=%2Fprojects%2F1%3Fshow%3Darchived");
  expect(nextPath(path.slice("/login".length))).toBe("/projects/1?show=archived");
});

it.each([
  ["nothing", ""],
  ["another site", "?next=https://evil.example/x"],
  ["another site without a scheme", "?next=//evil.example/x"],
  ["another site behind a backslash", "?next=/%5Cevil.example"],
  ["a script", "?next=javascript:alert(1)"],
  ["the sign-in page itself", "?next=/login?next=/"],
  ["no address at all", "?next=http://["],
])("leads to the start for %s", (_, search) => {
  expect(nextPath(search)).toBe("/");
});
