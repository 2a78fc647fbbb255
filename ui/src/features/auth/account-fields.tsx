import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";

type Names = { username: string; email: string };

type Props = {
  values: Names;
  errors: Partial<Record<keyof Names, string | undefined>>;
  onChange: (name: keyof Names, value: string) => void;
  emailHint: string;
};

/** What a new account is called, and its address. */
export function AccountFields({ values, errors, onChange, emailHint }: Props) {
  return (
    <>
      <Field label="User name" error={errors.username} hint="Letters and digits. It appears next to your messages until you choose a display name.">
        {(control) => (
          <Input
            {...control}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            value={values.username}
            onChange={(e) => onChange("username", e.target.value)}
          />
        )}
      </Field>
      <Field label="Email" error={errors.email} hint={emailHint}>
        {(control) => (
          <Input {...control} name="email" type="email" autoComplete="email" value={values.email} onChange={(e) => onChange("email", e.target.value)} />
        )}
      </Field>
    </>
  );
}
