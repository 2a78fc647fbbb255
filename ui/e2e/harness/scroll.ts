import type { Page } from "@playwright/test";

/** Where one message stands on the screen. */
export type Place = { id: string; top: number };

/** What the page shows of one answer: its characters without white space, and what it is made of. */
export type Shown = { id: string; text: string; tables: number; codes: number; items: number };

export type Step = {
  /** The answers that exist as elements. */
  answers: Shown[];
  /** By how many pixels each message moved that was in the window before and after. */
  moved: number[];
  atTop: boolean;
};

/** Scrolls by so many pixels in one frame, waits until all stands still, and looks. */
export function scrollBy(page: Page, pixels: number): Promise<Step> {
  return page.evaluate(async (by) => {
    const scroller = document.querySelector('[role="log"]') as Element;
    const frame = () => new Promise(requestAnimationFrame);
    const places = () => {
      const box = scroller.getBoundingClientRect();
      const all = [...document.querySelectorAll<HTMLElement>("article[data-message-id]")].map((el) => ({
        id: el.dataset.messageId ?? "",
        rect: el.getBoundingClientRect(),
      }));
      return all.filter(({ rect }) => rect.bottom > box.top && rect.top < box.bottom);
    };
    const before = places();
    scroller.scrollBy({ top: by, behavior: "instant" });
    for (let still = 0, last = ""; still < 3; ) {
      await frame();
      const now = places()
        .map(({ id, rect }) => id + rect.top.toFixed(1))
        .join();
      still = now === last ? still + 1 : 0;
      last = now;
    }
    const moved = places().flatMap(({ id, rect }) => before.filter((was) => was.id === id).map((was) => rect.top - was.rect.top));
    const answers = [...document.querySelectorAll<HTMLElement>('article[data-author="assistant"]')].map((article) => {
      const text = article.querySelector('[data-testid="message-text"]')?.cloneNode(true) as Element;
      for (const head of text.querySelectorAll("figcaption")) head.remove();
      return {
        id: article.dataset.messageId ?? "",
        text: (text.textContent ?? "").replace(/\s+/g, ""),
        tables: text.querySelectorAll("table").length,
        codes: text.querySelectorAll("pre").length,
        items: text.querySelectorAll("li").length,
      };
    });
    return { answers, moved, atTop: scroller.scrollTop <= 0 };
  }, pixels);
}

/** Looks at every frame for so long, and on while there is nothing above; returns the most that any message in the window has moved. */
export function restlessness(page: Page, milliseconds: number): Promise<number> {
  return page.evaluate(async (ms) => {
    const scroller = document.querySelector('[role="log"]');
    const box = scroller?.getBoundingClientRect();
    const watched = [...document.querySelectorAll<HTMLElement>("article[data-message-id]")]
      .map((el) => ({ id: el.dataset.messageId ?? "", rect: el.getBoundingClientRect() }))
      .filter(({ rect }) => box && rect.bottom > box.top && rect.top < box.bottom);
    let most = watched.length > 0 ? 0 : Number.POSITIVE_INFINITY;
    const began = performance.now();
    const isOver = (now: number) => now - began > ms && ((scroller?.scrollTop ?? 0) > 0 || now - began > 60_000);
    while (!isOver(performance.now())) {
      await new Promise(requestAnimationFrame);
      for (const { id, rect } of watched) {
        const now = document.querySelector(`article[data-message-id="${id}"]`)?.getBoundingClientRect().top ?? Number.POSITIVE_INFINITY;
        most = Math.max(most, Math.abs(now - rect.top));
      }
    }
    return most;
  }, milliseconds);
}
