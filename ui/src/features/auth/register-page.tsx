import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, Redirect } from "wouter";
import { buttonClass } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import { inviteHere } from "@/lib/invite";
import { setupQuery } from "@/lib/me";
import { AuthLayout } from "./auth-layout";
import { FormSkeleton } from "./form-skeleton";
import { RegisterForm } from "./register-form";

/** Makes an account for who has an invite, or for anybody, as the server allows. */
export default function RegisterPage() {
  const setup = useQuery(setupQuery);
  const [invite] = useState(inviteHere);
  if (setup.data?.required) return <Redirect to="/setup" replace />;
  if (setup.data?.registration === "closed") return <Closed invited={invite !== ""} />;
  return (
    <AuthLayout
      title={invite ? "You are invited" : "Make an account"}
      intro={
        <>
          {invite ? "Make your account; the invite works once." : setup.data?.registration === "invite" ? "It takes an invite from an administrator." : ""} Have
          you one already?{" "}
          <Link href="/login" className="font-medium text-accent underline underline-offset-4 hover:no-underline">
            Sign in
          </Link>
        </>
      }
    >
      {setup.isPending && <FormSkeleton />}
      {setup.isError && <Notice onRetry={() => void setup.refetch()}>{messageOf(setup.error)}</Notice>}
      {setup.data && <RegisterForm invite={invite} needed={setup.data.registration === "invite"} />}
    </AuthLayout>
  );
}

function Closed({ invited }: { invited: boolean }) {
  return (
    <AuthLayout
      title="Nobody can register here"
      intro={
        invited
          ? "You have an invite, but registration is closed on this server. Ask the administrator who sent it to open it."
          : "Ask an administrator for an account, or sign in with yours."
      }
    >
      <Link href="/login" className={buttonClass("primary", "lg", "w-full no-underline")}>
        Go to sign-in
      </Link>
    </AuthLayout>
  );
}
