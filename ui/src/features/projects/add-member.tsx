import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { Problem } from "@/lib/api";
import { useForm } from "@/lib/form";
import { toast } from "@/lib/toast";
import type { Member, Project, ProjectRole } from "@/lib/wire";
import { findPerson, usePutMember } from "./queries";
import { roles } from "./roles";

type Props = { project: Project; members: readonly Member[]; open: boolean; onOpenChange: (open: boolean) => void };

/** Takes somebody in who has an account here. */
export function AddMember({ open, onOpenChange, ...rest }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Add a member"
      description="They need an account on this server; administrators make those."
      className="sm:max-w-md"
    >
      <AddForm {...rest} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function AddForm({ project, members, onDone }: Omit<Props, "open" | "onOpenChange"> & { onDone: () => void }) {
  const put = usePutMember(project.id);
  const form = useForm({ login: "", role: "editor" }, ({ login }) => ({ login: login.trim() ? undefined : "Enter a user name or an email address." }));
  const add = async ({ login, role }: typeof form.values) => {
    const person = await findPerson(login.trim()).catch(named);
    if (members.some((m) => m.user_id === person.id)) throw refusal(`${person.display_name} is a member already.`);
    await put.mutateAsync([{ userId: person.id, role: role as ProjectRole }]);
    toast(`${person.display_name} is ${roles[role as ProjectRole].a} of ${project.name} now.`);
    onDone();
  };
  return (
    <form noValidate onSubmit={form.submit(add)} className="flex flex-col gap-5">
      {form.failure && <Notice>{form.failure}</Notice>}
      <Field label="User name or email" error={form.errors.login} hint="Exactly as they sign in.">
        {(control) => (
          <Input
            {...control}
            autoFocus
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={form.values.login}
            onChange={(e) => form.set("login", e.target.value)}
          />
        )}
      </Field>
      <Field label="Role" error={form.errors.role}>
        {(control) => (
          <Select {...control} value={form.values.role} onChange={(e) => form.set("role", e.target.value)}>
            {Object.entries(roles).map(([role, { name, may }]) => (
              <option key={role} value={role}>
                {name}: {may}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <DialogActions>
        <Button type="submit" variant="primary" busy={put.isPending}>
          Add
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </DialogActions>
    </form>
  );
}

function named(error: unknown): never {
  throw error instanceof Problem && error.status === 404 ? refusal("Nobody here has this user name or email address.") : error;
}

/** An error that belongs to the field. */
const refusal = (message: string) => new Problem(422, { errors: [{ location: "body.login", message }] });
