import { Component, type ReactNode } from "react";
import { Button, buttonClass } from "./ui/button";

type Props = {
  children: ReactNode;
  /** When this changes the children get another chance: pass the address. */
  resetKey?: string;
  /** Drawn instead of the page-wide apology. */
  fallback?: (error: unknown, reset: () => void) => ReactNode;
};

type State = { error: unknown; failed: boolean };

/** Catches what a part of the page throws while drawing, and offers a way on. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: undefined, failed: false };

  static getDerivedStateFromError(error: unknown): State {
    return { error, failed: true };
  }

  override componentDidUpdate(before: Props) {
    if (this.state.failed && before.resetKey !== this.props.resetKey) this.reset();
  }

  reset = () => this.setState({ error: undefined, failed: false });

  override render() {
    if (!this.state.failed) return this.props.children;
    return this.props.fallback?.(this.state.error, this.reset) ?? <Apology reset={this.reset} />;
  }
}

function Apology({ reset }: { reset: () => void }) {
  return (
    <div role="alert" className="mx-auto flex h-full max-w-md flex-col items-start justify-center gap-4 px-6 py-16">
      <h1 className="font-semibold text-2xl">This page stumbled.</h1>
      <p className="text-muted">Something on it failed to draw. Nothing that you sent is lost: it is kept on the server.</p>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button variant="primary" onClick={reset}>
          Try again
        </Button>
        <Button onClick={() => window.location.reload()}>Reload</Button>
        {/* A plain link: leaves whatever state is broken behind. */}
        <a href="/" className={buttonClass("quiet")}>
          Back to the start
        </a>
      </div>
    </div>
  );
}
