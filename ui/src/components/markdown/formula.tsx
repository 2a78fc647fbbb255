import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { maxTex } from "./math-syntax";

type Katex = typeof import("katex").default;
let loaded: Katex | undefined;
const load = async () => {
  const [katex] = await Promise.all([import("katex"), import("katex/dist/katex.min.css")]);
  loaded = katex.default;
  return loaded;
};

type FormulaProps = { tex: string; source: string; display: boolean; live: boolean };

/**
 * A formula, laid out by KaTeX, which is fetched when the first one appears. Until then, and
 * when KaTeX cannot read it, the source is shown. While it is being written the last
 * readable state stays, so that it does not flicker between the two.
 */
export function Formula({ tex, source, display, live }: FormulaProps) {
  const box = useRef<HTMLSpanElement>(null);
  const [katex, setKatex] = useState<Katex | undefined>(() => loaded);
  const [shown, setShown] = useState(false);
  const fits = tex.length <= maxTex;

  useEffect(() => {
    if (!katex && fits) load().then((found) => setKatex(() => found), ignore);
  }, [katex, fits]);

  // Before the browser paints: nobody sees the source for a moment where KaTeX is there already.
  useLayoutEffect(() => {
    if (!katex || !fits || !box.current) return;
    const done = layOut(katex, tex, display, box.current);
    setShown((before) => done || (before && live));
  }, [katex, fits, tex, display, live]);

  return (
    <span className={display ? "md-math md-math-display" : "md-math"}>
      <span ref={box} hidden={!shown} />
      {shown ? null : <code className="md-tex">{source.trim()}</code>}
    </span>
  );
}

/** Fills the box with KaTeX's own elements. `trust: false` refuses links, classes and images in a formula. */
function layOut(katex: Katex, tex: string, displayMode: boolean, box: HTMLElement): boolean {
  const trial = document.createElement("span");
  try {
    katex.render(tex, trial, { displayMode, trust: false, strict: "ignore", throwOnError: true, maxExpand: 500, maxSize: 20 });
  } catch {
    return false;
  }
  box.replaceChildren(...trial.childNodes);
  return true;
}

function ignore() {
  // The source stays on the page; the next formula asks again.
}
