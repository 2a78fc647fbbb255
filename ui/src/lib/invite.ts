/** Behind the #, which no browser sends and no proxy writes down. */
const MARK = "#invite=";

/** The link that makes an account with an invite. */
export const registerLink = (code: string) => `${window.location.origin}/register${MARK}${encodeURIComponent(code)}`;

/** The code in a link, or in what somebody has pasted: the whole link or the code alone. */
export function inviteIn(text: string): string {
  const at = text.indexOf(MARK);
  const code = at < 0 ? text : text.slice(at + MARK.length);
  try {
    return decodeURIComponent(code).trim();
  } catch {
    return code.trim();
  }
}

/** The code that the address of this page carries, "" for none. */
export const inviteHere = () => (window.location.hash.startsWith(MARK) ? inviteIn(window.location.hash) : "");
