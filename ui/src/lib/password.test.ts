import { expect, it } from "vitest";
import { newPassword, passwordError, passwordHint } from "./password";

it.each([
  ["nine letters", "a".repeat(9), "Use at least 10 characters."],
  ["ten letters", "a".repeat(10), undefined],
  ["72 bytes", "é".repeat(36), undefined],
  ["73 bytes in fewer letters", `${"é".repeat(36)}a`, "Use at most 72 bytes; this is 73."],
])("judges %s", (_, password, error) => {
  expect(passwordError(password)).toBe(error);
});

it("counts while it is typed", () => {
  expect(passwordHint("abc")).toBe("7 more to go.");
  expect(passwordHint("abcdefghij")).toBe("Long enough.");
  expect(passwordHint("a".repeat(75))).toBe("3 bytes too long.");
});

it("makes passwords that are long enough, can be read out, and are never the same", () => {
  const made = Array.from({ length: 50 }, newPassword);
  expect(new Set(made).size).toBe(50);
  for (const password of made) expect(password).toMatch(/^([a-km-np-z2-9]{5}-){3}[a-km-np-z2-9]{5}$/);
  expect(passwordError(made[0] ?? "")).toBeUndefined();
});
