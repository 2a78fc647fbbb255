import { expect, type Locator, type Page } from "@playwright/test";

/** Whether what has the focus looks different from when it has not, in itself or in what frames it. */
export async function focusShows(page: Page): Promise<{ what: string; shows: boolean }> {
  return page.evaluate(async () => {
    const el = document.activeElement as HTMLElement;
    const frames: Element[] = [el];
    for (let up = el.parentElement; up && frames.length < 5; up = up.parentElement) frames.push(up);
    const look = () =>
      frames.map((f) => {
        const { outlineStyle, outlineWidth, outlineColor, boxShadow, transform, backgroundColor } = getComputedStyle(f);
        return `${outlineStyle === "none" ? "" : outlineWidth + outlineColor} ${boxShadow} ${transform} ${backgroundColor}`;
      });
    // What fades in has to have arrived.
    const rest = () => Promise.all(document.getAnimations().map((a) => a.finished.catch(() => undefined)));
    await rest();
    const focused = look();
    el.blur();
    await rest();
    const blurred = look();
    el.focus();
    const label = el.getAttribute("aria-label") ?? (el as HTMLInputElement).labels?.[0]?.textContent ?? el.textContent?.slice(0, 60);
    return { what: `${el.tagName} ${label}`, shows: focused.join() !== blurred.join() };
  });
}

/** Goes once around a page with the keyboard and returns what it stops at, and those stops at which one does not see where one is. */
export async function stopsOf(page: Page, most = 60): Promise<{ stops: string[]; unseen: string[] }> {
  const stops: string[] = [];
  const unseen: string[] = [];
  const last = await page.evaluateHandle(() => ({ el: null as Element | null }));
  for (let n = 0; n < most; n++) {
    const at = await page.evaluate((last) => {
      const el = document.activeElement;
      // A field of a date has several stops of its own: looking would lead back to its first.
      const at = el === document.body ? "end" : el === last.el ? "same" : "new";
      last.el = el;
      return at;
    }, last);
    if (at === "end") break;
    if (at === "new") {
      const { what, shows } = await focusShows(page);
      stops.push(what);
      if (!shows) unseen.push(what);
    }
    await page.keyboard.press("Tab");
  }
  return { stops, unseen };
}

/** Goes down a menu that has just been opened to one of its items; a key is pressed only once the one before has moved the focus. */
export async function goDownTo(page: Page, item: Locator, most = 12): Promise<void> {
  const focused = page.locator('[role^="menuitem"]:focus');
  await expect(focused).toHaveCount(1);
  for (let n = 0; n < most; n++) {
    if (await item.evaluate((el) => el === document.activeElement)) return;
    const before = await focused.elementHandle();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => before?.evaluate((el) => el === document.activeElement)).toBe(false);
  }
  await expect(item).toBeFocused();
}
