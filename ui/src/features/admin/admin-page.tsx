import { Redirect, Route, Switch } from "wouter";
import { NotFound } from "@/components/page-state";
import { AuditPage } from "./audit/audit-page";
import { InvitesPage } from "./invites/invites-page";
import { UsersPage } from "./users/users-page";

/** What administrators have in front of them: people, figures, and who did what. */
export default function AdminPage() {
  return (
    <Switch>
      <Route path="/admin">
        <Redirect to="/admin/users" replace />
      </Route>
      <Route path="/admin/users" component={UsersPage} />
      <Route path="/admin/invites" component={InvitesPage} />
      <Route path="/admin/audit" component={AuditPage} />
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
