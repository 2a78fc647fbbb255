const RTL = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
const CODE = /(`+)(?:[^`]|(?!\1)`)*\1/g;
/** The box of a task, whose x is no letter of the text. */
const BOX = /^([ \t>]*(?:[-*+]|\d+[.)])[ \t]+)\[[ xX]\]/gm;

/** Longer texts are judged by their beginning. */
const READ = 2000;

/**
 * The direction of a block of markdown whose parts have directions of their own: that of its first letter outside code and boxes of tasks.
 * `dir="auto"` would not do there: it does not look into elements that have a `dir`.
 */
export function directionOf(markdown: string): "ltr" | "rtl" {
  const letter = /\p{L}/u.exec(markdown.slice(0, READ).replaceAll(CODE, "").replaceAll(BOX, "$1"))?.[0];
  return letter && RTL.test(letter) ? "rtl" : "ltr";
}
