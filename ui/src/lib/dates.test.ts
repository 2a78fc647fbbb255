import { expect, it } from "vitest";
import { byDay, dayLabel, untilLabel } from "./dates";

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
