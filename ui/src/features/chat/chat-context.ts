import { createContext, useContext } from "react";
import type { Attachment, User } from "@/lib/wire";

/** What every message of a chat can ask for. The object stays the same while what it says does. */
export type ChatContext = {
  threadId: string;
  me: User;
  /** May the reader send here: not archived, and more than a viewer. */
  mayWrite: boolean;
  /** Project owners may have any answer made anew, others only those to their own questions. */
  isOwner: boolean;
  generating: boolean;
  regenerate: (messageId: string) => void;
  sendText: (text: string, attachments?: readonly Attachment[]) => void;
  /** Puts a text into the composer, in front of what is there. */
  takeBack: (text: string) => void;
  pick: (questionId: string, answerId: string) => void;
  focusComposer: () => void;
};

const Context = createContext<ChatContext | null>(null);
export const ChatProvider = Context.Provider;

export function useChat(): ChatContext {
  const chat = useContext(Context);
  if (!chat) throw new Error("a message was drawn outside a chat");
  return chat;
}
