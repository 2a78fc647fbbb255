import { type ReactNode, useId, useState } from "react";
import { PasswordField } from "@/components/password-field";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { useForm } from "@/lib/form";
import { useChangePassword, useMe, useUpdateMe } from "@/lib/me";
import { passwordError } from "@/lib/password";
import { displayNameError } from "@/lib/people";
import { toast } from "@/lib/toast";
import type { User } from "@/lib/wire";
import { SettingsArea } from "./settings-area";
import { ThemeChoice } from "./theme-choice";

export function ProfilePage() {
  return (
    <SettingsArea title="Profile">
      <Part title="Account" text="Your display name appears next to your messages. You can sign in with your user name or your email address.">
        <AccountForm />
      </Part>
      <Part title="Password" text="A new one ends your sessions on other devices; this one goes on.">
        <PasswordForm />
      </Part>
      <Part title="Appearance" text="On this device. System is light or dark as the device is.">
        <ThemeChoice />
      </Part>
    </SettingsArea>
  );
}

/** What it is on the left, where there is room, and the doing of it on the right. */
function Part({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="grid gap-x-10 gap-y-4 border-line border-t py-8 first:border-t-0 first:pt-0 md:grid-cols-[14rem_1fr]">
      <div>
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        <p className="mt-1 text-muted text-sm">{text}</p>
      </div>
      {children}
    </section>
  );
}

/** The display name, unless it is the user name anyway. */
const chosenName = (user: User) => (user.display_name === user.username ? "" : user.display_name);

function AccountForm() {
  const me = useMe();
  const update = useUpdateMe();
  const form = useForm({ username: me.username, display_name: chosenName(me), email: me.email }, (v) => ({
    username: v.username.trim() ? undefined : "Enter a name.",
    display_name: displayNameError(v.display_name),
    email: v.email.includes("@") ? undefined : "Enter an email address.",
  }));
  const save = async ({ username, display_name, email }: typeof form.values) => {
    const saved = await update.mutateAsync({ username: username.trim(), display_name: display_name.trim() || username.trim(), email: email.trim() });
    form.reset({ username: saved.username, display_name: chosenName(saved), email: saved.email });
    toast("Profile saved.");
  };
  return (
    <form noValidate onSubmit={form.submit(save)} className="flex flex-col gap-4">
      <Field label="Display name" hint="What your colleagues see. Leave it empty to use your user name." error={form.errors.display_name}>
        {(control) => (
          <Input
            {...control}
            autoComplete="name"
            dir="auto"
            placeholder={form.values.username}
            value={form.values.display_name}
            onChange={(e) => form.set("display_name", e.target.value)}
          />
        )}
      </Field>
      <Field label="User name" error={form.errors.username}>
        {(control) => <Input {...control} autoComplete="username" value={form.values.username} onChange={(e) => form.set("username", e.target.value)} />}
      </Field>
      <Field label="Email" error={form.errors.email}>
        {(control) => <Input {...control} type="email" autoComplete="email" value={form.values.email} onChange={(e) => form.set("email", e.target.value)} />}
      </Field>
      {form.failure && <Notice>{form.failure}</Notice>}
      <Button type="submit" variant="primary" busy={update.isPending} className="sm:self-start">
        Save profile
      </Button>
    </form>
  );
}

function PasswordForm() {
  const me = useMe();
  const change = useChangePassword();
  const [endKeys, setEndKeys] = useState(false);
  const form = useForm({ current: "", new: "" }, (v) => ({
    current: v.current ? undefined : "Enter your current password.",
    new: passwordError(v.new),
  }));
  const save = async (values: typeof form.values) => {
    await change.mutateAsync({ ...values, end_keys: endKeys });
    form.reset();
    setEndKeys(false);
    toast(endKeys ? "Password changed. Your other sessions and your API keys ended." : "Password changed. Your other sessions were signed out.");
  };
  return (
    <form noValidate onSubmit={form.submit(save)} className="flex flex-col gap-4">
      {/* For password managers, which want to know whose it is. */}
      <input type="text" name="username" autoComplete="username" value={me.username} readOnly hidden />
      <PasswordField label="Current password" name="current" value={form.values.current} onChange={(v) => form.set("current", v)} error={form.errors.current} />
      <PasswordField label="New password" name="new" isNew value={form.values.new} onChange={(v) => form.set("new", v)} error={form.errors.new} />
      <label className="flex min-h-10 items-center gap-2.5 text-sm">
        <input type="checkbox" className="size-4 accent-accent" checked={endKeys} onChange={(e) => setEndKeys(e.target.checked)} />
        End my API keys too
      </label>
      {form.failure && <Notice>{form.failure}</Notice>}
      <Button type="submit" busy={change.isPending} className="sm:self-start">
        Change password
      </Button>
    </form>
  );
}
