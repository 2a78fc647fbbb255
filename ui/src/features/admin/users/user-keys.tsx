import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ListSkeleton } from "@/components/list-skeleton";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { call, messageOf } from "@/lib/api";
import { momentLabel, untilLabel } from "@/lib/dates";
import { toast } from "@/lib/toast";
import type { Account, ApiKey, ApiKeyPage, EndedApiKeys } from "@/lib/wire";

type Props = { account: Account; open: boolean; onOpenChange: (open: boolean) => void };

/** The API keys of somebody, for administrators: they see which there are, and end them. */
export function UserKeys({ account, open, onOpenChange }: Props) {
  const cache = useQueryClient();
  const queryKey = ["users", account.id, "api-keys"];
  const path = `/admin/users/${account.id}/api-keys`;
  const list = useQuery({
    queryKey,
    queryFn: ({ signal }) => call<ApiKeyPage>("GET", `${path}?limit=200`, undefined, { signal }),
    enabled: open,
    staleTime: 0,
  });
  const end = useMutation({
    mutationFn: (key?: ApiKey) => call<EndedApiKeys>("DELETE", key ? `${path}/${key.id}` : path),
    onSuccess: ({ ended }) => toast(ended === 1 ? "1 API key ended" : `${ended} API keys ended`),
    onError: (error) => toast(messageOf(error), "danger"),
    onSettled: () => cache.invalidateQueries({ queryKey }),
  });
  const keys = list.data?.api_keys ?? [];
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={`API keys of ${account.username}`}>
      <p className="mb-4 text-muted text-sm">A key that is ended stops at once, with those that were made with it. {account.username} gets a notice.</p>
      {list.isPending && <ListSkeleton />}
      {list.isError && <Notice onRetry={() => void list.refetch()}>{messageOf(list.error)}</Notice>}
      {list.data && keys.length === 0 && <p className="text-muted">No API keys.</p>}
      <ul aria-label="API keys" className="max-h-80 overflow-y-auto">
        {keys.map((key) => (
          <li key={key.id} className="flex items-center gap-3 border-line border-b py-3 text-sm">
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium" title={key.name}>
                {key.name} <span className="font-normal text-muted">· {key.scopes.at(-1)}</span>
              </p>
              <p className="text-faint">
                {key.last_used_at ? `Used ${momentLabel(key.last_used_at)}` : "Never used"} ·{" "}
                {key.expires_at ? `valid ${untilLabel(key.expires_at)}` : "no expiry"}
              </p>
            </div>
            <Button variant="quiet" aria-label={`End the key ${key.name}`} busy={end.isPending} onClick={() => end.mutate(key)}>
              End
            </Button>
          </li>
        ))}
      </ul>
      {keys.length > 1 && (
        <Button variant="danger" className="mt-4" busy={end.isPending} onClick={() => end.mutate(undefined)}>
          End all
        </Button>
      )}
    </Dialog>
  );
}
