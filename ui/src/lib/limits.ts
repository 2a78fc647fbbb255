/** The most characters (code points) that a message has. */
export const MAX_MESSAGE = 50_000;
