import type { Page } from "@playwright/test";

/** What the last answer on the page said at one moment. */
export type Sample = {
  /** Counts the page's loads. */
  load: number;
  status: string;
  text: string;
};

type Seen = Omit<Sample, "load"> & { origin: number };

/**
 * Writes down every change of the last answer's text from the page's first moment on, over
 * reloads too. The observer runs before the browser paints, so nobody has seen more than this.
 */
export async function record(page: Page): Promise<() => Sample[]> {
  const samples: Sample[] = [];
  const loads: number[] = [];
  await page.exposeBinding("parleySeen", (_, { origin, ...seen }: Seen) => {
    if (!loads.includes(origin)) loads.push(origin);
    samples.push({ load: loads.indexOf(origin), ...seen });
  });
  await page.addInitScript(watchAnswer);
  await page.evaluate(watchAnswer);
  return () => samples;
}

/** Runs in the page. */
function watchAnswer() {
  let before = "";
  const look = () => {
    const last = [...document.querySelectorAll('article[data-author="assistant"]')].at(-1);
    const status = last?.getAttribute("data-status");
    if (!last || !status) return;
    const text = last.querySelector('[data-testid="message-text"]')?.textContent ?? "";
    if (before === status + text) return;
    before = status + text;
    (window as unknown as { parleySeen: (seen: Seen) => void }).parleySeen({ origin: performance.timeOrigin, status, text });
  };
  // At the first moment of a page there is no document element yet; the document itself is always there.
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  look();
}
