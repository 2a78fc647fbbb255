import { Route, Switch } from "wouter";
import { NotFound } from "@/components/page-state";
import { AuditPage } from "./audit/audit-page";
import { BackupsPage } from "./backups/backups-page";
import { InvitesPage } from "./invites/invites-page";
import { OverviewPage } from "./overview/overview-page";
import { UsagePage } from "./usage/usage-page";
import { UsersPage } from "./users/users-page";

/** What administrators have in front of them: people, figures, and who did what. */
export default function AdminPage() {
  return (
    <Switch>
      <Route path="/admin" component={OverviewPage} />
      <Route path="/admin/users" component={UsersPage} />
      <Route path="/admin/invites" component={InvitesPage} />
      <Route path="/admin/usage" component={UsagePage} />
      <Route path="/admin/backups" component={BackupsPage} />
      <Route path="/admin/audit" component={AuditPage} />
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
