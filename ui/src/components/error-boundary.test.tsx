import { screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { render } from "@/testing/render";
import { ErrorBoundary } from "./error-boundary";

let broken = true;
function Part() {
  if (broken) throw new Error("secret detail");
  return <p>Drawn</p>;
}

beforeEach(() => {
  broken = true;
  vi.spyOn(console, "error").mockImplementation(() => {}); // React reports what was caught
});
afterEach(() => void vi.restoreAllMocks());

it("apologises without details, offers a way back, and draws again on request", async () => {
  const { user } = render(
    <ErrorBoundary>
      <Part />
    </ErrorBoundary>,
  );
  expect(screen.getByRole("alert")).not.toHaveTextContent("secret detail");
  expect(screen.getByRole("link", { name: "Back to the start" })).toHaveAttribute("href", "/");
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(screen.getByText("Drawn")).toBeInTheDocument();
});

it("gives the next page a chance of its own", () => {
  const page = (key: string) => (
    <ErrorBoundary resetKey={key}>
      <Part />
    </ErrorBoundary>
  );
  const { rerender } = render(page("/a"));
  broken = false;
  rerender(page("/a"));
  expect(screen.queryByText("Drawn")).toBeNull();
  rerender(page("/b"));
  expect(screen.getByText("Drawn")).toBeInTheDocument();
});
