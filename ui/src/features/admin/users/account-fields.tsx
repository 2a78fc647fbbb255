import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { displayNameError } from "@/lib/people";

type Names = { username: string; display_name: string; email: string };

type Props = {
  values: Names;
  errors: Partial<Record<keyof Names, string | undefined>>;
  onChange: (name: keyof Names, value: string) => void;
  autoFocus?: boolean;
};

export function AccountFields({ values, errors, onChange, autoFocus = false }: Props) {
  return (
    <>
      <Field label="User name" error={errors.username}>
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus={autoFocus}
            value={values.username}
            onChange={(e) => onChange("username", e.target.value)}
          />
        )}
      </Field>
      <Field label="Display name" hint="What other people see. Leave it empty to use the user name." error={errors.display_name}>
        {(control) => (
          <Input {...control} autoComplete="off" dir="auto" value={values.display_name} onChange={(e) => onChange("display_name", e.target.value)} />
        )}
      </Field>
      <Field label="Email" error={errors.email}>
        {(control) => <Input {...control} type="email" autoComplete="off" value={values.email} onChange={(e) => onChange("email", e.target.value)} />}
      </Field>
    </>
  );
}

export function checkAccount({ username, display_name, email }: Names) {
  return {
    username: username.trim() ? undefined : "Enter a user name.",
    display_name: displayNameError(display_name),
    email: email.includes("@") ? undefined : "Enter an email address such as ann@example.org.",
  };
}
