import { expect } from "@playwright/test";
import type { Rest } from "./rest";
import type { Screen } from "./screens";

/** The people that the pages of accounts and of the administration show. */
export async function furnishPeople(rest: Rest): Promise<void> {
  for (const username of ["bea", "cyril-of-the-outer-harbour-and-its-lighthouse"])
    await rest.call("POST", "/users", { username, email: `${username}@example.org`, password: "four unrelated words" });
  const { users } = await rest.call<{ users: { id: string; username: string }[] }>("GET", "/users?search=cyril");
  await rest.call("PATCH", `/users/${users[0]?.id}`, { is_disabled: true });
  for (const login of ["bea", "nobody"]) await rest.call("POST", "/auth/login", { login, password: "not the password" }).catch(() => undefined);
}

export const peopleScreens: Screen[] = [
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
