import { useInfiniteQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { PagedList } from "@/components/paged-list";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { useForm } from "@/lib/form";
import { AdminArea } from "../admin-area";
import { NewUser } from "./new-user";
import { type UserFilter, usersQuery } from "./queries";
import { UserRow } from "./user-row";

/** Who has an account, and what may be done about it. */
export function UsersPage() {
  const params = new URLSearchParams(useSearch());
  const filter: UserFilter = { search: params.get("search") ?? "", role: params.get("role") ?? "", disabled: params.get("disabled") ?? "" };
  const list = useInfiniteQuery(usersQuery(filter));
  const [creating, setCreating] = useState(false);
  const { data } = list;
  return (
    <AdminArea
      title="Users"
      actions={
        <Button variant="primary" onClick={() => setCreating(true)}>
          <UserPlus /> New account
        </Button>
      }
    >
      <Search filter={filter} />
      <section aria-label="Accounts" className="mt-6">
        <p role="status" className="figures mb-3 text-faint">
          {data && (data.total === 1 ? "1 account" : `${data.total.toLocaleString("en")} accounts`)}
        </p>
        <PagedList list={list} items={data?.users} label="Accounts" empty="Nobody like that has an account." more="Show more">
          {(u) => <UserRow key={u.id} account={u} />}
        </PagedList>
      </section>
      <NewUser open={creating} onOpenChange={setCreating} />
    </AdminArea>
  );
}

function Search({ filter }: { filter: UserFilter }) {
  const [, navigate] = useLocation();
  const form = useForm(filter);
  const show = async (values: UserFilter) => {
    const given = Object.entries(values).filter(([, value]) => value.trim() !== "");
    navigate(given.length > 0 ? `/admin/users?${new URLSearchParams(given)}` : "/admin/users", { replace: true });
  };
  return (
    <form
      noValidate
      aria-label="Search the users"
      onSubmit={form.submit(show)}
      className="grid grid-cols-2 items-end gap-3 sm:grid-cols-[1fr_9.5rem_9.5rem_auto]"
    >
      <div className="max-sm:col-span-2">
        <Field label="Name or email">
          {(control) => (
            <Input
              {...control}
              type="search"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={200}
              placeholder="Part of it"
              value={form.values.search}
              onChange={(e) => form.set("search", e.target.value)}
            />
          )}
        </Field>
      </div>
      <Field label="Role">
        {(control) => (
          <Select {...control} value={form.values.role} onChange={(e) => form.set("role", e.target.value)}>
            <option value="">Any</option>
            <option value="admin">Administrator</option>
            <option value="member">Member</option>
          </Select>
        )}
      </Field>
      <Field label="State">
        {(control) => (
          <Select {...control} value={form.values.disabled} onChange={(e) => form.set("disabled", e.target.value)}>
            <option value="">Any</option>
            <option value="false">Enabled</option>
            <option value="true">Disabled</option>
          </Select>
        )}
      </Field>
      <Button type="submit" className="h-11 max-sm:col-span-2 max-sm:justify-self-start">
        Show
      </Button>
    </form>
  );
}
