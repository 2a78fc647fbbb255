import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { furnish, type Scene, screens, visit } from "./harness/screens";
import { peopleScreens } from "./harness/screens-people";

test.use({
  withModel: true,
  settings: { "rate_limit.sign_ins_per_minute": "1000", "auth.registration": "invite", "model.silence_timeout": "10m", "model.first_token_timeout": "10m" },
});

// What floats takes a frame to follow a window that changes.
const softly = expect.configure({ soft: true });

const widths = [390, 768, 1440];

/** What axe finds, in words. */
async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary?.split("\n").slice(1).join(";")}`));
}

/** What is wider than the window: the page itself, or a thing in it that nothing lets one scroll. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const found = document.documentElement.scrollWidth > width || document.body.scrollWidth > width ? ["the page"] : [];
    const clipped = (el: Element) => {
      for (let up = el.parentElement; up; up = up.parentElement) if (getComputedStyle(up).overflowX !== "visible") return true;
      return false;
    };
    for (const el of document.body.querySelectorAll("*")) {
      const { right, left, width: w } = el.getBoundingClientRect();
      if (w > 1 && (right > width + 1 || left < -1) && !clipped(el)) found.push(`${el.tagName}.${el.className}`);
    }
    return found;
  });
}

const parts = [
  { of: "of talking", list: screens },
  { of: "of people and settings", list: peopleScreens },
];

for (const colorScheme of ["light", "dark"] as const) {
  for (const { of, list } of parts) {
    test(`10. Every screen ${of} is accessible and fits its window, in ${colorScheme}`, async ({ page, context, parley, rest, watch }) => {
      watch.allow(/status of 404 .*\/threads\/nothing/, "the address is wrong on purpose");
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const scene: Scene = { page, context, parley, rest, watch, ...(await furnish(rest)) };
      for (const screen of list) {
        const { name } = screen;
        await test.step(name, async () => {
          await visit(scene, screen);
          for (const width of widths) {
            await page.setViewportSize({ width, height: 900 });
            await softly.poll(() => tooWide(page), { message: `${name} at ${width}` }).toEqual([]);
            // Colours do not depend on the width, nor sizes on the theme; each check costs a second.
            if (width === 1440 || (width === 390 && colorScheme === "light"))
              softly(await violations(page), `${name} at ${width} in ${colorScheme}`).toEqual([]);
          }
        });
      }
    });
  }

  test(`10. Set-up is accessible and fits its window, in ${colorScheme}`, async ({ page, parley }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const [name, address] of [
      ["with a token", await parley.setupLink()],
      ["without one", "/setup"],
    ] as const) {
      await page.goto(address);
      await page.getByRole("button", { name: "Create the account" }).click();
      await expect(page.getByText("Choose a user name.")).toBeVisible();
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        await softly.poll(() => tooWide(page), { message: `${name} at ${width}` }).toEqual([]);
        softly(await violations(page), `${name} at ${width}`).toEqual([]);
      }
    }
  });
}

test("10. The theme that is chosen stays, whatever the system says", async ({ page, rest }) => {
  await rest.project();
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/");
  // By locator, which waits for the page to be drawn.
  const ground = () => page.getByRole("main").evaluate((main) => getComputedStyle(main).backgroundColor);
  const light = await ground();
  await page.getByRole("button", { name: /profile, theme, sign out/ }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await expect.poll(ground).not.toBe(light);
  const dark = await ground();
  await page.reload();
  expect(await ground(), "from the first paint on").toBe(dark);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("button", { name: /profile, theme, sign out/ }).click();
  await page.getByRole("menuitemradio", { name: "Light" }).click();
  await expect.poll(ground).toBe(light);
});
