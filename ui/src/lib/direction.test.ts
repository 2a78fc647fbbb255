import { expect, it } from "vitest";
import { directionOf } from "./direction";

it.each([
  ["- مرحبا", "rtl"],
  ["1. שלום", "rtl"],
  ["> «ملاحظة» first", "rtl"],
  ["- `code --flag` في وسط النص", "rtl"],
  ["- ``a ` b`` في وسط النص", "rtl"],
  ["- [x] تم", "rtl"],
  ["- 12,50 € مرحبا", "rtl"],
  ["- hello مرحبا", "ltr"],
  ["- 你好", "ltr"],
  ["1. 2. 3.", "ltr"],
  ["", "ltr"],
])("%j runs %s", (text, direction) => {
  expect(directionOf(text)).toBe(direction);
});
