/** "w0001 w0002 …": what the fake model server says when it is asked to count. */
export function words(n: number): string {
  return Array.from({ length: n }, (_, i) => `w${String(i + 1).padStart(4, "0")}`).join(" ");
}

const everything = words(9999);

/** True when the text is the beginning of the count, without gap or repetition. */
export function isBeginning(text: string): boolean {
  return everything.startsWith(plain(text));
}

/** As a reader sees it: how a page breaks lines is not the matter. */
export function plain(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** How far the count has come. */
export function count(text: string): number {
  return plain(text) === "" ? 0 : plain(text).split(" ").length;
}
