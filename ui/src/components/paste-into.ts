import type { ClipboardEvent } from "react";
import { MAX_MESSAGE } from "@/lib/limits";
import { pastedFiles, pastedText } from "@/lib/paste";
import { toast } from "@/lib/toast";

/**
 * Returns what a field does with a paste: text is pasted, files alone go to `onFiles`.
 * Without `onFiles` the person is told `refusal`.
 */
export function pasteInto(onFiles: ((files: File[]) => void) | undefined, refusal = "Files can't be attached here") {
  return (event: ClipboardEvent<HTMLTextAreaElement>): void => {
    const { clipboardData: data, currentTarget: field } = event;
    const files = pastedFiles(data);
    const text = pastedText(data);
    if (files.length > 0) {
      event.preventDefault();
      if (onFiles) onFiles(files);
      else toast(refusal, "danger");
    } else if (text.length > 2 * MAX_MESSAGE) {
      // What can never be sent would only make the field too slow to correct it in.
      event.preventDefault();
      const most = MAX_MESSAGE.toLocaleString("en");
      toast(`That's too long to paste (${text.length.toLocaleString("en")} characters; the limit is ${most})`, "danger");
    } else if (text !== "" && data.getData("text/plain").trim() === "") {
      // A plain field takes nothing from HTML by itself.
      event.preventDefault();
      insert(field, text);
    }
  };
}

/** Inserts text where the cursor is, as if typed, so that it can be undone. */
function insert(field: HTMLTextAreaElement, text: string): void {
  if (document.execCommand?.("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
