import { expect } from "@playwright/test";
import type { Rest } from "./rest";
import type { Screen } from "./screens";

/** The people that the pages of accounts and of the administration show. */
export async function furnishPeople(rest: Rest): Promise<void> {
  for (const username of ["bea", "cyril-of-the-outer-harbour-and-its-lighthouse"])
    await rest.call("POST", "/users", { username, email: `${username}@example.org`, password: "four unrelated words" });
  const { users } = await rest.call<{ users: { id: string; username: string }[] }>("GET", "/users?search=cyril");
  await rest.call("PATCH", `/users/${users[0]?.id}`, { is_disabled: true });
  await rest.call("POST", "/invites", { email: "dora@example.org" });
  await rest.call("POST", "/invites", { role: "admin" });
  await rest.call("POST", "/users/me/api-keys", { name: "Nightly report", scopes: ["write"], expires_at: "2099-01-01T00:00:00Z" });
  await rest.call("POST", "/users/me/api-keys", { name: "A key whose name says at some length what it is for, and then goes on" });
  await rest.call("POST", "/admin/backups");
  for (const login of ["bea", "nobody"]) await rest.call("POST", "/auth/login", { login, password: "not the password" }).catch(() => undefined);
}

export const peopleScreens: Screen[] = [
  {
    name: "settings",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/settings");
      await expect(page.getByRole("button", { name: "Save profile" })).toBeVisible();
    },
  },
  {
    name: "settings-sessions",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/settings/sessions");
      await expect(page.getByText("This session")).toBeVisible();
    },
  },
  {
    name: "settings-api-keys",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/settings/api-keys");
      await expect(page.getByText("Nightly report")).toBeVisible();
    },
  },
  {
    name: "settings-api-key-new",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/settings/api-keys");
      await page.getByRole("button", { name: "New key" }).click();
      await page.getByRole("dialog").getByLabel("Name").fill("For the screenshot");
      await page.getByRole("button", { name: "Make key" }).click();
      await expect(page.getByLabel("API key", { exact: true })).toBeVisible();
    },
  },
  {
    name: "settings-usage",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/settings/usage");
      await expect(page.getByRole("table")).toBeVisible();
    },
  },
  {
    name: "register",
    signedIn: false,
    open: async ({ page }) => {
      await page.goto("/register#invite=a-code-that-nobody-looks-at");
      await expect(page.getByRole("heading", { name: "You are invited" })).toBeVisible();
    },
  },
  {
    name: "register-errors",
    signedIn: false,
    open: async ({ page }) => {
      await page.goto("/register");
      await page.getByRole("button", { name: "Make the account" }).click();
      await expect(page.getByText("Paste the link or the code of your invite.")).toBeVisible();
    },
  },
  {
    name: "admin",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin");
      await expect(page.getByRole("heading", { name: "All systems OK" })).toBeVisible();
    },
  },
  {
    name: "admin-keys",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin");
      await page.getByRole("button", { name: "Rotate key" }).click();
      await page.getByRole("checkbox").check();
    },
  },
  {
    name: "admin-usage",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/usage");
      await expect(page.getByRole("table")).toBeVisible();
    },
  },
  {
    name: "admin-backups",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/backups");
      await expect(page.getByRole("list", { name: "Backups" })).toBeVisible();
    },
  },
  {
    name: "admin-users",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/users");
      await expect(page.getByText("bea@example.org")).toBeVisible();
    },
  },
  {
    name: "admin-users-menu",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/users");
      await page.getByRole("button", { name: "More for bea" }).click();
      await expect(page.getByRole("menuitem", { name: "Set a new password" })).toBeVisible();
    },
  },
  {
    name: "admin-user",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/users");
      await page.getByRole("button", { name: "More for ada" }).click();
      await page.getByRole("menuitem", { name: "Account and projects" }).click();
      await expect(page.getByRole("dialog").getByText("owner").first()).toBeVisible();
    },
  },
  {
    name: "admin-user-delete",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/users");
      await page.getByRole("button", { name: "More for cyril" }).click();
      await page.getByRole("menuitem", { name: "Delete" }).click();
      await expect(page.getByRole("dialog").getByRole("textbox")).toBeVisible();
    },
  },
  {
    name: "admin-user-password",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/users");
      await page.getByRole("button", { name: "More for bea" }).click();
      await page.getByRole("menuitem", { name: "Set a new password" }).click();
      await page.getByRole("button", { name: "Set a new password" }).click();
      await expect(page.getByRole("textbox", { name: "New password" })).toBeVisible();
    },
  },
  {
    name: "admin-invites",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/invites");
      await expect(page.getByText("dora@example.org")).toBeVisible();
    },
  },
  {
    name: "admin-invite-new",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/invites");
      await page.getByRole("button", { name: "New invite" }).click();
      await expect(page.getByRole("dialog").getByRole("button", { name: "Make invite" })).toBeVisible();
    },
  },
  {
    name: "admin-audit",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/audit");
      await page.getByText(/changed the account of cyril/).click();
      await expect(page.getByText("Only entries of this kind").filter({ visible: true })).toBeVisible();
    },
  },
  {
    name: "admin-audit-search",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/admin/audit");
      await page.getByLabel("First day").fill("2026-02-02");
      await page.getByLabel("Last day").fill("2026-02-01");
      await page.getByRole("button", { name: "Show", exact: true }).click();
      await expect(page.getByText("This is before the first day.")).toBeVisible();
    },
  },
];
