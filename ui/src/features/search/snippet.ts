import { decodeEntities } from "@/components/markdown/entities";

/** A stretch of an excerpt; `found` is what was searched for, `at` where it begins in what the server sent. */
export type Piece = { at: number; text: string; found: boolean };

/**
 * Takes an excerpt apart that the server sends as escaped HTML with the words in
 * <mark>. What comes out is text: nothing of it can become markup again.
 */
export function piecesOf(html: string): Piece[] {
  const pieces: Piece[] = [];
  let found = false;
  let at = 0;
  for (const part of html.split(/(<\/?mark>)/)) {
    if (part === "<mark>") found = true;
    else if (part === "</mark>") found = false;
    else if (part !== "") pieces.push({ at, text: decodeEntities(part), found });
    at += part.length;
  }
  return pieces;
}
