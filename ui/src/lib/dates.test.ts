import { expect, it } from "vitest";
import { byDay, dayLabel, durationLabel, untilLabel, withMoments } from "./dates";

const now = new Date(2026, 10, 23, 0, 30); // a Monday, half past midnight
const at = (...args: [number, number, number, number?]) => new Date(...args).toISOString();

it.each([
  ["Today", at(2026, 10, 23)],
  ["Today", at(2026, 10, 24)], // a clock that runs ahead
  ["Yesterday", at(2026, 10, 22, 23)],
  ["Saturday", at(2026, 10, 21, 12)],
  ["Tuesday", at(2026, 10, 17, 12)],
  ["16 November", at(2026, 10, 16, 12)],
  ["31 December 2025", at(2025, 11, 31, 12)],
])("says %s for %s", (label, iso) => {
  expect(dayLabel(iso, now)).toBe(label);
});

it("puts one day's items together and keeps their order", () => {
  const items = [at(2026, 10, 23), at(2026, 10, 22, 23), at(2026, 10, 22, 1)];
  expect(byDay(items, (i) => i, now)).toEqual([
    { day: "Today", items: [items[0]] },
    { day: "Yesterday", items: [items[1], items[2]] },
  ]);
});

it.each([
  [/^until today, /, at(2026, 10, 23, 23)],
  [/^until tomorrow, /, at(2026, 10, 24)],
  [/^until 30 November$/, at(2026, 10, 30, 12)],
  [/^until 1 January 2027$/, at(2027, 0, 1)],
])("says %s of what ends then", (label, iso) => {
  expect(untilLabel(iso, now)).toMatch(label);
});

it("writes the moments in a sentence as people do, and leaves other figures", () => {
  const now = new Date("2026-11-30T20:00:00");
  const iso = new Date("2026-11-30T19:55:26").toISOString();
  expect(withMoments(`the last one was made at ${iso}`, now)).toBe("the last one was made at today, 19:55");
  expect(withMoments("version 2026-11-30, 12:50 left", now)).toBe("version 2026-11-30, 12:50 left");
});

it("says a length of time in words", () => {
  expect([300, 12_300, 60_000, 125_000].map(durationLabel)).toEqual(["1 s", "12 s", "1 min", "2 min 5 s"]);
});
