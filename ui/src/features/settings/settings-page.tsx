import { Route, Switch } from "wouter";
import { NotFound } from "@/components/page-state";
import { ApiKeysPage } from "./api-keys-page";
import { ProfilePage } from "./profile-page";
import { SessionsPage } from "./sessions-page";
import { UsagePage } from "./usage-page";

/** What belongs to the one who is signed in. */
export default function SettingsPage() {
  return (
    <Switch>
      <Route path="/settings" component={ProfilePage} />
      <Route path="/settings/sessions" component={SessionsPage} />
      <Route path="/settings/api-keys" component={ApiKeysPage} />
      <Route path="/settings/usage" component={UsagePage} />
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
