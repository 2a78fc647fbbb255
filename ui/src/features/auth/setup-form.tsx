import { useState } from "react";
import { useLocation } from "wouter";
import { PasswordField } from "@/components/password-field";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { useForm } from "@/lib/form";
import { useSetup } from "@/lib/me";
import { passwordError } from "@/lib/password";
import { AccountFields } from "./account-fields";

export function SetupForm() {
  const [given] = useState(() => new URLSearchParams(window.location.search).get("token") ?? "");
  const [, navigate] = useLocation();
  const setup = useSetup();
  const form = useForm({ token: given, username: "", email: "", password: "" }, (v) => ({
    token: v.token.trim() ? undefined : "Paste the token from the set-up link.",
    username: v.username.trim() ? undefined : "Choose a user name.",
    email: v.email.includes("@") ? undefined : "Enter an email address such as ann@example.org.",
    password: passwordError(v.password),
  }));
  const send = async (v: typeof form.values) => {
    await setup.mutateAsync({ token: v.token.trim(), username: v.username.trim(), email: v.email.trim(), password: v.password });
    navigate("/", { replace: true }); // and the token leaves the address bar
  };
  return (
    <form noValidate onSubmit={form.submit(send)} className="flex flex-col gap-5">
      {form.failure && <Notice>{form.failure}</Notice>}
      {(given === "" || form.errors.token) && (
        <Field
          label="Set-up token"
          error={form.errors.token}
          hint={
            <>
              The server printed a link with it when it started. <code className="font-mono">parley setup-token</code> prints it again.
            </>
          }
        >
          {(control) => (
            <Input
              {...control}
              name="token"
              autoComplete="off"
              spellCheck={false}
              value={form.values.token}
              onChange={(e) => form.set("token", e.target.value)}
              className="font-mono"
            />
          )}
        </Field>
      )}
      <AccountFields values={form.values} errors={form.errors} onChange={form.set} emailHint="To sign in with. Nothing is sent to it." />
      <PasswordField isNew value={form.values.password} onChange={(v) => form.set("password", v)} error={form.errors.password} />
      <Button type="submit" variant="primary" size="lg" busy={setup.isPending}>
        Create the account
      </Button>
    </form>
  );
}
