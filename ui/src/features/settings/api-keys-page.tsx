import { useInfiniteQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useDeed } from "@/components/deed";
import { PagedList } from "@/components/paged-list";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { cn } from "@/lib/cn";
import { fullLabel, momentLabel, untilLabel } from "@/lib/dates";
import type { ApiKey } from "@/lib/wire";
import { apiKeysQuery, scopeOf, scopes, useDeleteApiKey } from "./api-keys";
import { NewApiKeyDialog } from "./new-api-key";
import { SettingsArea } from "./settings-area";

/** Keys with which programs act for somebody. */
export function ApiKeysPage() {
  const list = useInfiniteQuery(apiKeysQuery);
  const [creating, setCreating] = useState(false);
  return (
    <SettingsArea
      title="API keys"
      intro={
        <p>
          With a key a program acts for you, without your password. What it can ask for is described at{" "}
          <a href="/docs" className="font-medium text-accent underline underline-offset-4 hover:no-underline">
            /docs
          </a>
          .
        </p>
      }
      actions={
        <Button variant="primary" onClick={() => setCreating(true)}>
          <Plus /> New key
        </Button>
      }
    >
      <PagedList list={list} items={list.data} label="API keys" empty="You have no keys." more="Show older keys">
        {(k) => <Row key={k.id} apiKey={k} />}
      </PagedList>
      <NewApiKeyDialog open={creating} onOpenChange={setCreating} />
    </SettingsArea>
  );
}

function Row({ apiKey }: { apiKey: ApiKey }) {
  const [asking, setAsking] = useState(false);
  const { name, expires_at, last_used_at, created_at } = apiKey;
  const expired = expires_at !== null && new Date(expires_at) <= new Date();
  return (
    <li className="flex items-center gap-3 border-line border-b py-3.5 sm:gap-4">
      <KeyRound aria-hidden="true" className={cn("mx-2 size-4.5 shrink-0", expired ? "text-faint" : "text-accent")} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className={cn("min-w-0 truncate", expired ? "text-muted" : "font-medium")} title={name}>
            {name}
          </span>
          <Badge>{scopes[scopeOf(apiKey.scopes)].name}</Badge>
          {expired && <Badge tone="warning">Expired</Badge>}
        </p>
        <p className="text-faint text-sm">
          {last_used_at ? `Used ${momentLabel(last_used_at)}` : "Never used"} · <span title={fullLabel(created_at)}>made {momentLabel(created_at)}</span>
          {!expired && ` · valid ${expires_at ? untilLabel(expires_at) : "without end"}`}
        </p>
      </div>
      <Button variant="quiet" aria-label={`Delete the key ${name}`} onClick={() => setAsking(true)}>
        Delete
      </Button>
      <DeleteKey apiKey={apiKey} open={asking} onOpenChange={setAsking} />
    </li>
  );
}

function DeleteKey({ apiKey, open, onOpenChange }: { apiKey: ApiKey; open: boolean; onOpenChange: (open: boolean) => void }) {
  const remove = useDeleteApiKey(apiKey.id);
  const { run, props } = useDeed(remove, onOpenChange, () => `The key “${apiKey.name}” is void.`);
  return (
    <Confirm open={open} {...props} title="Delete this key?" action="Delete key" onConfirm={run}>
      <p>
        Programs that use <strong className="font-medium text-ink">{apiKey.name}</strong> are refused at once, and so are those with keys that were made with
        it.
      </p>
    </Confirm>
  );
}
