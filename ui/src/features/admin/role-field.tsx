import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";

/** What somebody may do on the instance, with a word on what that means. */
export function RoleField({ value, onChange }: { value: string; onChange: (role: string) => void }) {
  return (
    <Field
      label="Role"
      hint={value === "admin" ? "Manages accounts, settings and backups, and reads the audit." : "Works in projects of their own and those they are let into."}
    >
      {(control) => (
        <Select {...control} value={value} onChange={(e) => onChange(e.target.value)}>
          <option value="member">Member</option>
          <option value="admin">Administrator</option>
        </Select>
      )}
    </Field>
  );
}
