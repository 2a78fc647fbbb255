/**
 * Returns the files that a paste brings, or none where its text is what the person copied.
 * Spreadsheets, word processors and slides add a picture of the text to the clipboard.
 */
export function pastedFiles(data: DataTransfer): File[] {
  const files = [...data.files];
  return files.length > 0 && pastedText(data) === "" ? files : [];
}

/** Returns the text that a paste brings; empty where that only names the files beside it. */
export function pastedText(data: DataTransfer): string {
  const plain = data.getData("text/plain");
  const text = plain.trim() === "" ? textOfHTML(data.getData("text/html")) : plain;
  return namesFiles(text, data) ? "" : text;
}

/** Reports whether a text beside files is no more than their names or addresses, as file managers and "Copy image" add. */
function namesFiles(text: string, data: DataTransfer): boolean {
  const files = [...data.files];
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (files.length === 0) return false;
  const isName = (line: string) => files.some(({ name }) => line === name || nameOf(line) === name);
  const isAddress = (line: string) => /^(https?|data|blob|file):\S+$/i.test(line) && isPicture(data);
  return lines.every((line) => isName(line.trim()) || isAddress(line.trim()));
}

/** Returns the last part of a path or file address. */
function nameOf(path: string): string | undefined {
  const last = /^(?:file:|\/|~\/|[A-Za-z]:\\).*?([^/\\]+)$/.exec(path)?.[1];
  try {
    return last && decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** Reports whether what was copied is one picture and no words: the HTML, if any, holds only an image. */
function isPicture(data: DataTransfer): boolean {
  return data.files.length === 1 && data.files[0]?.type.startsWith("image/") === true && textOfHTML(data.getData("text/html")) === "";
}

const BLOCKS = "p, div, li, tr, h1, h2, h3, h4, h5, h6, pre, blockquote, table, ul, ol";

/** Returns the words of a piece of HTML: a line per block or row, a tab between cells. Nothing of it is loaded or run. */
export function textOfHTML(html: string): string {
  if (html === "") return "";
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const el of body.querySelectorAll("script, style, title, meta")) el.remove();
  const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    if (!node.parentElement?.closest("pre")) node.data = node.data.replace(/[ \t\r\n]+/g, " ");
  }
  for (const el of body.querySelectorAll("br")) el.replaceWith("\n");
  for (const el of body.querySelectorAll("td + td, td + th, th + td, th + th")) el.prepend("\t");
  for (const el of body.querySelectorAll(BLOCKS)) if (!el.closest("td, th")) el.append("\n");
  return (body.textContent ?? "")
    .replace(/ +\n/g, "\n")
    .replace(/\n (?! )/g, "\n")
    .replace(/ *\t */g, "\t")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/\u00a0/g, " ")
    .trim();
}
