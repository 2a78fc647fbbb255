/**
 * Keeps the keyboard's place: when what has the focus is removed, disabled or hidden, the focus
 * goes to the row that follows it in its list, else to the row before, else to another control
 * of its form, else to the heading of its section or page, never to <body>. What else moves the
 * focus, such as a dialog that closes, goes first. Works until the returned function is called.
 */
export function keepFocus(): () => void {
  let last: Place | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stale: ReturnType<typeof setTimeout> | undefined;
  const remember = () => {
    clearTimeout(stale);
    stale = undefined;
    last = placeOf(document.activeElement) ?? last;
  };
  const check = () => {
    const { activeElement } = document;
    if (activeElement && activeElement !== document.body && isUsable(activeElement)) return;
    if (!last || isUsable(last.element)) return; // the person clicked beside everything
    focusOn(successorOf(last));
  };
  const observer = new MutationObserver((changes) => {
    if (document.activeElement === document.body || changes.some(({ type }) => type === "attributes")) {
      clearTimeout(timer);
      timer = setTimeout(check, SETTLE_MS);
    } else stale ??= setTimeout(remember, REMEMBER_MS); // the rows around it may be others now
  });
  observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled", "hidden", "inert"] });
  document.addEventListener("focusin", remember);
  return () => {
    clearTimeout(timer);
    clearTimeout(stale);
    observer.disconnect();
    document.removeEventListener("focusin", remember);
  };
}

/** How long others may take to put the focus where they want it, in milliseconds. */
const SETTLE_MS = 40;
/** How long the page may change, as while an answer grows, before the place is looked at again. */
const REMEMBER_MS = 100;

/** Remembers the place of an element; the returned function gives the focus to it, or to what follows it if it is gone. */
export function rememberPlace(element: Element | null): () => void {
  const place = placeOf(element);
  return () => focusOn(place && isUsable(place.element) ? place.element : place ? successorOf(place) : document.getElementById("main"));
}

const ROW = "li, tr, article";
const FIELD = "textarea:enabled, input:enabled, select:enabled";
const CONTROL = `button:enabled, a[href], ${FIELD}, [tabindex="0"]`;

/** Where the focus is, with enough around it to find what is next once it is gone. */
type Place = {
  element: Element;
  /** What contains it, from the inside to the outside. */
  around: readonly Element[];
  /** The row of a list that it is in, the rows beside it, nearest first, and which control of its row it is. */
  row: Element | null;
  after: readonly Element[];
  before: readonly Element[];
  control: number;
};

function placeOf(element: Element | null): Place | undefined {
  if (!element || element === document.body) return undefined;
  const around: Element[] = [];
  for (let up = element.parentElement; up; up = up.parentElement) around.push(up);
  const row = element.closest(ROW);
  const rows = [...(row?.parentElement?.children ?? [])].filter((el) => el.matches(ROW));
  const at = row ? rows.indexOf(row) : -1;
  const control = row ? [...row.querySelectorAll(CONTROL)].indexOf(element) : -1;
  return { element, around, row, after: rows.slice(at + 1), before: rows.slice(0, Math.max(at, 0)).reverse(), control };
}

/** What gets the focus once its place is gone. */
function successorOf({ around, row, after, before, control }: Place): Element | null {
  const rows = row?.isConnected ? [row, ...after, ...before] : [...after, ...before];
  for (const next of rows) {
    if (!next.isConnected) continue;
    const controls = [...next.querySelectorAll(CONTROL)].filter(isUsable);
    const found = controls[Math.min(control, controls.length - 1)] ?? controls[0];
    if (found) return found;
  }
  const left = around.filter((el) => el.isConnected && el !== document.body && el !== document.documentElement);
  const form = left.find((el) => el.matches("form"));
  const inForm = form && ([...form.querySelectorAll(FIELD)].find(isUsable) ?? [...form.querySelectorAll(CONTROL)].find(isUsable));
  if (inForm) return inForm;
  for (const el of left) {
    const heading = [...el.querySelectorAll("h1, h2, h3")].find(isUsable);
    if (heading && !heading.closest("nav")) return heading;
    if (el.id === "main") return el;
  }
  return document.querySelector("main h1") ?? document.getElementById("main");
}

/** Reports whether an element can have the focus: in the page, shown, and not disabled. */
function isUsable(element: Element): boolean {
  if (!element.isConnected || element.matches(":disabled") || element.closest("[hidden], [inert]")) return false;
  return element.checkVisibility?.({ checkVisibilityCSS: true }) ?? true;
}

function focusOn(element: Element | null): void {
  if (!(element instanceof HTMLElement)) return;
  if (element.tabIndex < 0 && !element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus();
}
