import { useRef } from "react";
import { useDeed } from "@/components/deed";
import { Confirm } from "@/components/ui/confirm";
import type { Account, AccountChange } from "@/lib/wire";
import { useUpdateUser } from "./queries";

export type Step = "promote" | "demote" | "disable" | "enable";

type Words = { title: string; text: string; action: string; done: string; harmless?: true; change: AccountChange };

const words = (step: Step, name: string): Words =>
  ({
    promote: {
      title: `Make ${name} an administrator?`,
      text: `${name} will manage accounts, settings and backups, and read the audit. Other people’s conversations stay closed to administrators.`,
      action: "Make administrator",
      done: `${name} is an administrator now.`,
      harmless: true as const,
      change: { role: "admin" as const },
    },
    demote: {
      title: `Make ${name} a member?`,
      text: `${name} will no longer see the administration, and is signed out everywhere at once. Their projects and chats stay.`,
      action: "Make member",
      done: `${name} is a member now, and was signed out everywhere.`,
      change: { role: "member" as const },
    },
    disable: {
      title: `Disable ${name}?`,
      text: `${name} is signed out everywhere at once and cannot sign in; their API keys do not work while that lasts. Nothing that they wrote is lost.`,
      action: "Disable",
      done: `${name} is disabled, and was signed out everywhere.`,
      change: { is_disabled: true },
    },
    enable: {
      title: `Enable ${name}?`,
      text: `${name} can sign in again with the password they had, and their API keys work again.`,
      action: "Enable",
      done: `${name} can sign in again.`,
      harmless: true as const,
      change: { is_disabled: false },
    },
  })[step];

const isStep = (name: string | undefined): name is Step => name === "promote" || name === "demote" || name === "disable" || name === "enable";

/** Asks before an account's rights change. */
export function StepDialog({ account, step, onClose }: { account: Account; step: string | undefined; onClose: () => void }) {
  const update = useUpdateUser(account.id);
  // What is said stays while the dialog goes, even where the account already is as it should be.
  const last = useRef<Words>(words("enable", account.username));
  if (isStep(step)) last.current = words(step, account.username);
  const { title, text, action, done, harmless, change } = last.current;
  const { run, props } = useDeed(update, onClose, () => done);
  return (
    <Confirm open={isStep(step)} {...props} title={title} action={action} onConfirm={() => run(change)} harmless={harmless ?? false}>
      <p>{text}</p>
    </Confirm>
  );
}
