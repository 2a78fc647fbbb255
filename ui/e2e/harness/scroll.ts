import type { Page } from "@playwright/test";

/** Where one message stands on the screen. */
export type Place = { id: string; top: number };

/** What the page shows of one answer. */
export type Shown = { id: string; text: string; tables: number; codes: number; items: number };

/** The messages that are drawn in the window, from top to bottom. */
export function places(page: Page): Promise<Place[]> {
  return page.evaluate(() => {
    const box = document.querySelector('[role="log"]')?.parentElement?.getBoundingClientRect();
    return [...document.querySelectorAll<HTMLElement>("article[data-message-id]")]
      .map((el) => ({ id: el.dataset.messageId ?? "", rect: el.getBoundingClientRect() }))
      .filter(({ rect }) => box && rect.bottom > box.top && rect.top < box.bottom)
      .map(({ id, rect }) => ({ id, top: rect.top }));
  });
}

/** How far each message that is in both has moved. */
export function moved(before: Place[], after: Place[]): number[] {
  return after.flatMap((now) => before.filter((was) => was.id === now.id).map((was) => now.top - was.top));
}

/** Waits until nothing has moved for some frames. */
export function settled(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        let before = "";
        let still = 0;
        const look = () => {
          const now = [...document.querySelectorAll("article[data-message-id]")].map((el) => el.getBoundingClientRect().top.toFixed(1)).join();
          still = now === before ? still + 1 : 0;
          before = now;
          if (still >= 3) resolve();
          else requestAnimationFrame(look);
        };
        look();
      }),
  );
}

/** Reads the answers that exist as elements: their characters without white space, and what they are made of. */
export function shownAnswers(page: Page): Promise<Shown[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('article[data-author="assistant"]')].map((article) => {
      const text = article.querySelector('[data-testid="message-text"]')?.cloneNode(true) as Element;
      for (const head of text.querySelectorAll("figcaption")) head.remove();
      return {
        id: article.dataset.messageId ?? "",
        text: (text.textContent ?? "").replace(/\s+/g, ""),
        tables: text.querySelectorAll("table").length,
        codes: text.querySelectorAll("pre").length,
        items: text.querySelectorAll("li").length,
      };
    }),
  );
}
