import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { Problem } from "@/lib/api";
import { useForm } from "@/lib/form";
import type { AuditFilter } from "../audit-address";
import { groups } from "./actions";
import { findAccount } from "./queries";

/** Who, what, when. Shown on request: each search walks through the whole audit. */
export function AuditFilterForm({ filter, onChange }: { filter: AuditFilter; onChange: (filter: AuditFilter) => void }) {
  const [busy, setBusy] = useState(false);
  const form = useForm({ who: filter.who, action: filter.action, from: filter.from, to: filter.to }, (v) => ({
    to: v.from && v.to && v.to < v.from ? "This is before the first day." : undefined,
  }));
  const search = async ({ who, action, from, to }: typeof form.values) => {
    setBusy(true);
    try {
      const user = who.trim() === "" ? "" : who === filter.who ? filter.user : await idOf(who);
      onChange({ user, who: user && who.trim(), action, from, to });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form noValidate aria-label="Search the audit" onSubmit={form.submit(search)} className="flex flex-col gap-3">
      <div className="grid grid-cols-2 gap-3 md:grid-cols-[1fr_1fr_9.5rem_9.5rem] xl:grid-cols-[1fr_1fr_9.5rem_9.5rem_auto]">
        <div className="max-md:col-span-2">
          <Field label="Who" error={form.errors.who}>
            {(control) => (
              <Input
                {...control}
                placeholder="User name or email"
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                maxLength={254}
                value={form.values.who}
                onChange={(e) => form.set("who", e.target.value)}
              />
            )}
          </Field>
        </div>
        <div className="max-md:col-span-2">
          <Field label="What" error={form.errors.action}>
            {(control) => (
              <Select {...control} value={form.values.action} onChange={(e) => form.set("action", e.target.value)}>
                <option value="">Everything</option>
                <Actions also={form.values.action} />
              </Select>
            )}
          </Field>
        </div>
        <Field label="First day" error={form.errors.from}>
          {(control) => <Input {...control} type="date" value={form.values.from} onChange={(e) => form.set("from", e.target.value)} />}
        </Field>
        <Field label="Last day" error={form.errors.to}>
          {(control) => <Input {...control} type="date" value={form.values.to} onChange={(e) => form.set("to", e.target.value)} />}
        </Field>
        <Button type="submit" busy={busy} className="h-11 max-xl:col-span-full max-xl:justify-self-start xl:mt-[1.625rem]">
          Show
        </Button>
      </div>
      {form.failure && <Notice>{form.failure}</Notice>}
    </form>
  );
}

/** An id, or a word at the field. */
async function idOf(who: string): Promise<string> {
  const account = await findAccount(who);
  if (!account) throw new Problem(404, { code: "not_found", errors: [{ location: "who", message: "nobody has exactly this name or address now" }] });
  return account.id;
}

/** Every action by its name, and one that the address names and this page does not know. */
function Actions({ also }: { also: string }) {
  const known = groups.some((g) => also in g.actions);
  return (
    <>
      {groups.map((g) => (
        <optgroup key={g.name} label={g.name}>
          {Object.entries(g.actions).map(([action, { name }]) => (
            <option key={action} value={action}>
              {name}
            </option>
          ))}
        </optgroup>
      ))}
      {also && !known && <option value={also}>{also}</option>}
    </>
  );
}
