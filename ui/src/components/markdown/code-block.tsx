import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { colour, coloured, type Line } from "./highlight";
import { languageOf } from "./languages";
import { useCopied } from "./use-copied";

type CodeBlockProps = { code: string; language: string; live: boolean };

/** A block of code with its language, a copy button, and colours once it is complete. */
export function CodeBlock({ code, language, live }: CodeBlockProps) {
  const { id, label } = languageOf(language);
  const lines = useColours(code, id, !live);
  return (
    <figure className="md-code">
      <figcaption>
        <span>{label}</span>
        <CopyCode code={code} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it too */}
      <pre tabIndex={0}>
        <code>{lines ? lines.map(line) : code}</code>
      </pre>
    </figure>
  );
}

function CopyCode({ code }: { code: string }) {
  const [copied, copy] = useCopied();
  return (
    <button type="button" onClick={() => copy(code)} aria-label="Copy code">
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      {copied ? "Copied" : "Copy"}
    </button>
  );
}

function line(tokens: Line, at: number, all: readonly Line[]) {
  return (
    <span key={at}>
      {tokens.map((token, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text does not change any more
        <span key={n} className={token.kind && `code-${token.kind}`}>
          {token.text}
        </span>
      ))}
      {at < all.length - 1 ? "\n" : null}
    </span>
  );
}

/** The coloured lines, or undefined while they are not known; the plain text is shown until then. */
function useColours(code: string, language: string | undefined, ready: boolean): readonly Line[] | undefined {
  const [found, setFound] = useState<{ code: string; lines: readonly Line[] }>();
  const known = language && ready ? coloured(code, language) : undefined;
  useEffect(() => {
    if (!language || !ready || coloured(code, language)) return;
    let current = true;
    colour(code, language).then(
      (lines) => current && lines && setFound({ code, lines }),
      () => undefined, // the plain text is there already
    );
    return () => {
      current = false;
    };
  }, [code, language, ready]);
  return known ?? (found?.code === code ? found.lines : undefined);
}
