import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { furnish, type Scene, screens, visit } from "./harness/screens";
import { peopleScreens } from "./harness/screens-people";

test.use({
  withModel: true,
  settings: { "rate_limit.sign_ins_per_minute": "1000", "auth.registration": "invite", "model.silence_timeout": "10m", "model.first_token_timeout": "10m" },
});

/** The controls on the page that have no edge, or do not show that they have the focus, in the colours that are forced. */
function unseen(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const controls = "button, input, select, textarea, a[href], [role=option], [role^=menuitem], [role=dialog], [role=menu]";
    const drawn = (width: string, style: string) => style !== "none" && style !== "hidden" && Number.parseFloat(width) >= 1;
    const nameOf = (el: Element) => `${el.tagName.toLowerCase()} ${el.getAttribute("aria-label") ?? el.textContent?.trim().slice(0, 40)}`;
    const found: string[] = [];
    for (const el of document.querySelectorAll<HTMLElement>(controls)) {
      if (!el.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }) || el.closest("[inert], [aria-hidden=true]")) continue;
      // What is clipped away has a label that is drawn for it.
      const seen = el.matches(".only-spoken") ? ((el as HTMLInputElement).labels?.[0] ?? el) : el;
      const { borderTopWidth, borderTopStyle } = getComputedStyle(seen);
      // Of some their text is enough; a native checkbox draws its own edge.
      const isControl = !el.matches("a[href], [role=option], [role^=menuitem], input[type=checkbox]:not(.only-spoken)");
      if (isControl && !drawn(borderTopWidth, borderTopStyle)) found.push(`no edge: ${nameOf(el)}`);
      if (el.matches(":disabled, [role=dialog], [role=menu], [role=option], [tabindex='-1']")) continue;
      const before = document.activeElement as HTMLElement | null;
      if (before === el) el.blur(); // a pointer may have put the focus there, which shows no mark
      el.focus({ preventScroll: true, focusVisible: true } as FocusOptions);
      if (document.activeElement === el) {
        const { outlineStyle, outlineWidth } = getComputedStyle(seen);
        if (!drawn(outlineWidth, outlineStyle)) found.push(`no focus: ${nameOf(el)}`);
      }
      before?.focus({ preventScroll: true });
    }
    return [...new Set(found)];
  });
}

test("In forced colours every control has an edge, and shows that it has the focus", async ({ page, context, parley, rest, watch }) => {
  watch.allow(/status of 404 .*\/threads\/nothing/, "the address is wrong on purpose");
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  const scene: Scene = { page, context, parley, rest, watch, ...(await furnish(rest)) };
  for (const screen of [...screens, ...peopleScreens]) {
    await test.step(screen.name, async () => {
      await visit(scene, screen);
      expect.soft(await unseen(page), screen.name).toEqual([]);
      if (process.env.PARLEY_LOOKS) await page.screenshot({ path: `${process.env.PARLEY_LOOKS}/forced-${screen.name}.png` });
    });
  }
});

test("In forced colours a project keeps its colour, and the place one is at is marked", async ({ page, rest }) => {
  await page.emulateMedia({ forcedColors: "active" });
  const project = await rest.project("Harbour");
  await page.goto(`/projects/${project.id}`);
  const link = page.getByRole("navigation").getByRole("link", { name: "Harbour" });
  await expect(link).toHaveAttribute("aria-current", "page");
  const look = await link.evaluate((el) => {
    const dot = el.querySelector("[style*=background]") as Element;
    return { border: getComputedStyle(el).borderTopWidth, dot: getComputedStyle(dot).backgroundColor, page: getComputedStyle(document.body).backgroundColor };
  });
  expect(look.border).toBe("2px");
  expect(look.dot).not.toBe(look.page);
});
