import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync("src/styles.css", "utf8");

type Side = "light" | "dark";

/** A token as #rrggbb on one side. */
function token(name: string, side: Side): string {
  const found = new RegExp(`--color-${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css);
  const color = found?.[side === "light" ? 1 : 2];
  if (!color) throw new Error(`styles.css has no colour ${name}`);
  return color;
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [hi = 0, lo = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
}

const surfaces = ["ground", "sheet", "raised", "sunken"];
const text: [string, string][] = [
  ...["ink", "muted", "faint", "accent"].flatMap((ink) => surfaces.map((on): [string, string] => [ink, on])),
  ["ink", "press"],
  ["muted", "press"],
  ["on-accent", "accent"],
  ["on-accent", "accent-hover"],
  ["accent", "accent-soft"],
  ["danger", "sheet"],
  ["danger", "raised"],
  ["danger", "danger-soft"],
  ["ink", "danger-soft"],
  ["on-danger", "danger"],
  ["warning", "sheet"],
  ["warning", "warning-soft"],
  ["ink", "warning-soft"],
  ["sheet", "ink"],
];
/** Edges and signs that carry meaning without a word. */
const graphics: [string, string][] = [
  ["line-strong", "sheet"],
  ["line-strong", "raised"],
  ["accent", "raised"],
  ["ok", "ground"],
  ...["slate", "rose", "amber", "green", "teal", "blue", "violet"].map((c): [string, string] => [`project-${c}`, "ground"]),
];

describe.each(["light", "dark"] as const)("in the %s theme", (side) => {
  it.each(text)("%s can be read on %s", (ink, on) => {
    expect(contrast(token(ink, side), token(on, side))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(graphics)("%s can be seen on %s", (sign, on) => {
    expect(contrast(token(sign, side), token(on, side))).toBeGreaterThanOrEqual(3);
  });
});
