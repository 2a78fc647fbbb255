import { infiniteQueryOptions, useMutation } from "@tanstack/react-query";
import { call } from "@/lib/api";
import { toast } from "@/lib/toast";
import type { Backup, BackupPage } from "@/lib/wire";
import { onRequest, useAskAgain } from "../asking";

/** The files in the folder of backups, the newest first. */
export const backupsQuery = infiniteQueryOptions({
  ...onRequest,
  queryKey: ["admin", "backups"],
  queryFn: ({ pageParam, signal }) => {
    const params = new URLSearchParams({ limit: "100", ...(pageParam && { after: pageParam }) });
    return call<BackupPage>("GET", `/admin/backups?${params}`, undefined, { signal });
  },
  initialPageParam: "",
  getNextPageParam: (page) => (page.has_more ? page.backups.at(-1)?.name : undefined),
  select: (data) => ({ backups: data.pages.flatMap((p) => p.backups), total: data.pages.at(-1)?.total ?? 0 }),
});

/** Makes a backup; it may take minutes, and says so when it is done even where its page is no longer shown. */
export function useMakeBackup() {
  const again = useAskAgain("backups");
  return useMutation({
    mutationKey: ["admin", "make backup"],
    mutationFn: () => call<Backup>("POST", "/admin/backups"),
    onSuccess: (made) => {
      toast(`The backup is made and proven good: ${made.name}`);
      again();
    },
  });
}
