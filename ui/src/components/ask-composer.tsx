import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback, useState } from "react";
import { useAsk } from "@/lib/ask";
import { hold } from "@/lib/attachments";
import { clientConfigQuery } from "@/lib/client-config";
import { cn } from "@/lib/cn";
import { useMe } from "@/lib/me";
import { uuid } from "@/lib/uuid";
import type { Project } from "@/lib/wire";
import { AttachButton, AttachmentChips, useDraftFiles } from "./attachment-chips";
import { Composer } from "./composer";
import { useDrop } from "./use-drop";

type Props = {
  /** Where the chat will be; without one the person's first project is made for it. */
  project: Project | undefined;
  /** Names the place, under which its draft is kept. */
  draft: string;
  label: string;
  placeholder: string;
  /** Stands beside the button for files. */
  children?: ReactNode;
  className?: string;
};

/** Starts a chat: a question, and the files that go with it, which are brought once it is sent. */
export function AskComposer({ project, draft, label, placeholder, children, className }: Props) {
  const [place] = useState(uuid);
  const ask = useAsk(place);
  const userId = useMe().id;
  const config = useQuery(clientConfigQuery).data;
  const { drafts, hindrance } = useDraftFiles(place);
  const mayAttach = config?.uploads === true;
  const onFiles = useCallback((files: File[]) => hold(place, files, config), [place, config]);
  const drop = useDrop(mayAttach, onFiles);
  return (
    <div {...drop.handlers} className={cn("relative", className)}>
      <Composer
        autoFocus
        draft={{ userId, name: draft }}
        label={label}
        placeholder={placeholder}
        onSend={(text) => ask(text, project)}
        onFiles={mayAttach ? onFiles : undefined}
        above={<AttachmentChips drafts={drafts} />}
        hindrance={hindrance}
      >
        {mayAttach && <AttachButton onFiles={onFiles} disabled={false} />}
        {children}
      </Composer>
      {drop.over && (
        <div className="pointer-events-none absolute inset-0 grid animate-appear place-items-center rounded-xl bg-accent-soft/90 shadow-[inset_0_0_0_2px_var(--color-accent)] forced-colors:border">
          <p className="rounded-lg bg-raised px-4 py-2 font-medium text-ink shadow-float">Drop files to attach them</p>
        </div>
      )}
    </div>
  );
}
