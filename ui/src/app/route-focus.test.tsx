import { screen } from "@testing-library/react";
import { type ComponentType, lazy, Suspense, useRef } from "react";
import { expect, it } from "vitest";
import { Link, Route, Switch } from "wouter";
import { render } from "@/testing/render";
import { useRouteFocus } from "./route-focus";

function Field() {
  // biome-ignore lint/a11y/noAutofocus: that is what is tested
  return <input aria-label="Field" autoFocus />;
}

function Frame({ second }: { second: ComponentType }) {
  const main = useRef<HTMLElement>(null);
  useRouteFocus(main);
  return (
    <main ref={main} tabIndex={-1}>
      <Suspense fallback="Loading">
        <Switch>
          <Route path="/">
            <Link href="/second">Go on</Link>
          </Route>
          <Route path="/second" component={second} />
        </Switch>
      </Suspense>
    </main>
  );
}

it("goes to the new page, also while that is still loading", async () => {
  let arrive = (_: { default: ComponentType }) => {};
  const Second = lazy(() => new Promise<{ default: ComponentType }>((done) => (arrive = done)));
  const { user } = render(<Frame second={Second} />);
  await user.click(screen.getByRole("link", { name: "Go on" }));
  expect(screen.getByRole("main")).toHaveFocus();
  arrive({ default: () => <p>Second</p> });
  await screen.findByText("Second");
  expect(screen.getByRole("main")).toHaveFocus();
});

it("leaves the cursor in the field where the new page has put it", async () => {
  const { user } = render(<Frame second={Field} />);
  await user.click(screen.getByRole("link", { name: "Go on" }));
  expect(screen.getByLabelText("Field")).toHaveFocus();
});

it("does not move the focus on the first page", () => {
  render(<Frame second={Field} />);
  expect(document.body).toHaveFocus();
});
