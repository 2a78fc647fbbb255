import { Download, FileText, ShieldAlert } from "lucide-react";
import { useState } from "react";
import { call, messageOf, renewSession } from "@/lib/api";
import { isReadable, scanLabel, sizeLabel, troubleOf } from "@/lib/attachments";
import { cn } from "@/lib/cn";
import { toast } from "@/lib/toast";
import type { Attachment } from "@/lib/wire";

/** Images are shown no larger than this, in CSS pixels. */
const THUMBNAIL = { width: 288, height: 216 };

const RASTER = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** The files that came with a message: images as pictures, all others by name, size and what the scanner said. */
export function AttachmentList({ items }: { items: readonly Attachment[] }) {
  if (items.length === 0) return null;
  return (
    <ul aria-label="Attachments" className="mt-1.5 flex max-w-full flex-wrap justify-end gap-1.5">
      {items.map((item) => (
        <li key={item.id} className="min-w-0 max-w-full">
          <Item item={item} />
        </li>
      ))}
    </ul>
  );
}

function Item({ item }: { item: Attachment }) {
  const trouble = troubleOf(item);
  const readable = isReadable(item);
  const about = (
    <span className="min-w-0 text-left">
      <span className="block truncate">{item.name}</span>
      <span className={cn("block text-xs leading-4", trouble ? "text-danger" : "text-muted")}>{trouble ?? `${sizeLabel(item.size)} · ${scanLabel(item)}`}</span>
    </span>
  );
  const look = "flex max-w-full items-center gap-2.5 rounded-lg bg-sunken forced-colors:border px-3 py-2 text-sm sm:max-w-80";
  if (!readable)
    return (
      <div data-scan={item.scan.status} className={look}>
        <ShieldAlert aria-hidden="true" className={cn("size-4 shrink-0", trouble ? "text-danger" : "text-muted")} />
        {about}
      </div>
    );
  return (
    <button
      type="button"
      data-scan={item.scan.status}
      onClick={() => void save(item)}
      aria-label={`Save ${item.name}, ${sizeLabel(item.size)}, ${scanLabel(item)}`}
      title={`Save ${item.name}`}
      className={cn(look, "group/file hover:bg-press", RASTER.has(item.media_type) && "flex-col items-start p-1.5 pb-2")}
    >
      {RASTER.has(item.media_type) ? (
        <Picture item={item} />
      ) : (
        <span aria-hidden="true" className="grid size-4 shrink-0 place-items-center text-muted">
          <FileText className="size-4 group-hover/file:hidden" />
          <Download className="hidden size-4 group-hover/file:block" />
        </span>
      )}
      <span className={cn("flex min-w-0 max-w-full", RASTER.has(item.media_type) && "px-1.5")}>{about}</span>
    </button>
  );
}

function Picture({ item }: { item: Attachment }) {
  // A picture is fetched by the browser itself, which cannot renew a session that has run out.
  const [attempt, setAttempt] = useState(0);
  const shrink = Math.min(1, THUMBNAIL.width / (item.width ?? 1), THUMBNAIL.height / (item.height ?? 1));
  const retry = () => {
    if (attempt === 0)
      void renewSession().then(
        (renewed) => renewed && setAttempt(1),
        () => undefined,
      );
  };
  return (
    <img
      key={attempt}
      src={contentURL(item, true)}
      alt={item.name}
      loading="lazy"
      decoding="async"
      width={Math.max(1, Math.round((item.width ?? THUMBNAIL.width) * shrink))}
      height={Math.max(1, Math.round((item.height ?? THUMBNAIL.height) * shrink))}
      onError={retry}
      className="block h-auto max-w-full rounded-md bg-raised"
    />
  );
}

function contentURL(item: Attachment, inline = false): string {
  return `/api/v1/attachments/${item.id}/content${inline ? "?inline=true" : ""}`;
}

/** Asks first, which renews the session and says why where it cannot be had; the browser then saves it. */
async function save(item: Attachment): Promise<void> {
  try {
    const now = await call<Attachment>("GET", `/attachments/${item.id}`);
    if (!isReadable(now)) return toast(troubleOf(now) ?? "This file is being scanned for viruses. Try again in a moment.", "danger");
    const link = document.createElement("a");
    link.href = contentURL(item);
    link.download = item.name;
    link.click();
  } catch (error) {
    toast(messageOf(error), "danger");
  }
}
