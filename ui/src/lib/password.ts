/** bcrypt reads 72 bytes and no more; a longer password is refused, never cut. */
export const PASSWORD_MIN = 10;
export const PASSWORD_MAX = 72;

/** Length in bytes, as the server counts: an é is two, an emoji four. */
export const byteLength = (text: string) => new TextEncoder().encode(text).length;

/** What is wrong with a new password, if anything. */
export function passwordError(password: string): string | undefined {
  const bytes = byteLength(password);
  if (bytes < PASSWORD_MIN) return `Use at least ${PASSWORD_MIN} characters.`;
  if (bytes > PASSWORD_MAX) return `Use at most ${PASSWORD_MAX} bytes; this is ${bytes}.`;
  return undefined;
}

/** How far a password being typed is, in words. */
export function passwordHint(password: string): string {
  const bytes = byteLength(password);
  if (bytes === 0) return `${PASSWORD_MIN} to ${PASSWORD_MAX} characters. A few unrelated words make a good one.`;
  if (bytes < PASSWORD_MIN) return `${PASSWORD_MIN - bytes} more to go.`;
  if (bytes > PASSWORD_MAX) return `${bytes - PASSWORD_MAX} bytes too long.`;
  return "Long enough.";
}

/** 32 signs that are not taken for one another: five bits each. */
const SIGNS = "abcdefghijkmnpqrstuvwxyz23456789";

/** A password of 100 bits for somebody else, in groups that can be read out. */
export function newPassword(): string {
  const signs = Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => SIGNS[byte % SIGNS.length]).join("");
  return signs.replace(/.{5}(?=.)/g, "$&-");
}
