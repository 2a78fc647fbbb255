import { Component, type ReactNode } from "react";

type Props = { text: string; children: ReactNode };

/** Shows the text as it is written when drawing it fails: one odd message must not take the page with it. */
export class PlainOnError extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return !this.state.failed ? this.props.children : <p className="md-raw">{this.props.text}</p>;
  }
}
