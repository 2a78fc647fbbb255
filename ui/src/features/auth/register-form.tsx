import { useLocation } from "wouter";
import { PasswordField } from "@/components/password-field";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { useForm } from "@/lib/form";
import { inviteIn } from "@/lib/invite";
import { useRegister } from "@/lib/me";
import { passwordError } from "@/lib/password";
import { AccountFields } from "./account-fields";

type Props = {
  /** The code that the link carried, "" for none. */
  invite: string;
  /** Whether there is no registering without one. */
  needed: boolean;
};

export function RegisterForm({ invite, needed }: Props) {
  const [, navigate] = useLocation();
  const register = useRegister();
  const form = useForm({ invite, username: "", email: "", password: "" }, (v) => ({
    invite: needed && !inviteIn(v.invite) ? "Paste the link or the code of your invite." : undefined,
    username: v.username.trim() ? undefined : "Choose a user name.",
    email: v.email.includes("@") ? undefined : "Enter an email address such as ann@example.org.",
    password: passwordError(v.password),
  }));
  const send = async (v: typeof form.values) => {
    const code = inviteIn(v.invite);
    await register.mutateAsync({ username: v.username.trim(), email: v.email.trim(), password: v.password, ...(code && { invite: code }) });
    navigate("/", { replace: true }); // and the code leaves the address bar
  };
  return (
    <form noValidate onSubmit={form.submit(send)} className="flex flex-col gap-5">
      {form.failure && <Notice>{form.failure}</Notice>}
      {needed && !invite && (
        <Field label="Invite" error={form.errors.invite} hint="The link that you were sent, or the code in it.">
          {(control) => (
            <Input
              {...control}
              name="invite"
              autoComplete="off"
              spellCheck={false}
              value={form.values.invite}
              onChange={(e) => form.set("invite", e.target.value)}
              className="font-mono"
            />
          )}
        </Field>
      )}
      <AccountFields
        values={form.values}
        errors={form.errors}
        onChange={form.set}
        emailHint={invite ? "To sign in with. If the invite was made for an address, it has to be this one." : "To sign in with. Nothing is sent to it."}
      />
      <PasswordField isNew value={form.values.password} onChange={(v) => form.set("password", v)} error={form.errors.password} />
      <Button type="submit" variant="primary" size="lg" busy={register.isPending}>
        Make the account
      </Button>
    </form>
  );
}
