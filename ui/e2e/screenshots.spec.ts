import { join, resolve } from "node:path";
import { expect, signIn, test } from "./fixtures";
import { Rest } from "./harness/rest";
import { furnish, screens, visit } from "./harness/screens";
import { peopleScreens } from "./harness/screens-people";

// Not a test: pictures to look at, of every screen in three widths and both themes.
// PARLEY_SCREENSHOTS=folder npm run e2e -- screenshots
// PARLEY_SCREENS=chat takes only those whose name has it in it (a regular expression).
const only = new RegExp(process.env.PARLEY_SCREENS ?? "");
const folder = resolve(process.env.PARLEY_SCREENSHOTS || "screenshots");

test.use({ withModel: true, settings: { "rate_limit.sign_ins_per_minute": "1000", "auth.registration": "invite" } });

for (const colorScheme of ["light", "dark"] as const) {
  for (const [width, height] of [
    [390, 844],
    [768, 1024],
    [1440, 900],
  ] as const) {
    test(`Every screen at ${width} in ${colorScheme}`, async ({ page, context, parley, watch }) => {
      test.setTimeout(300_000);
      watch.allow(/./, "this is for looking, not for checking");
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const shoot = (name: string) => page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), caret: "hide" });

      await page.goto(await parley.setupLink());
      await page.waitForLoadState("networkidle");
      await shoot("set-up");
      const rest = new Rest(parley.url);
      await rest.setUp(await parley.setupLink());
      await signIn(context);
      await page.goto("/");
      await expect(page.getByText("Or set up a project first")).toBeVisible();
      await shoot("dashboard-empty");
      const scene = { page, context, parley, rest, watch, ...(await furnish(rest)) };
      for (const screen of [...screens, ...peopleScreens]) {
        if (!only.test(screen.name)) continue;
        await visit(scene, screen);
        await page.evaluate(() => document.fonts.ready);
        await page.waitForLoadState("networkidle");
        await shoot(screen.name);
      }
      if (width === 390) {
        await page.goto("/");
        await page.getByRole("button", { name: "Open the menu" }).click();
        await shoot("drawer");
      }
    });
  }
}
