import { act, render, screen } from "@testing-library/react";
import { useRef } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { useGrowing } from "./growing-field";

afterEach(() => vi.unstubAllGlobals());

function Field() {
  const field = useRef<HTMLTextAreaElement>(null);
  useGrowing(field, "some words");
  return <textarea ref={field} defaultValue="some words" />;
}

it("measures a field again when its width changes, and only then", () => {
  let resized: () => void = vi.fn();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(callback: () => void) {
        resized = callback;
      }
      observe = vi.fn();
      disconnect = vi.fn();
    },
  );
  render(<Field />);
  const field = screen.getByRole("textbox");
  Object.defineProperty(field, "scrollHeight", { configurable: true, value: 48 });
  act(() => resized());
  expect(field.style.height).toBe("0px"); // jsdom has no layout: as it was first measured
  Object.defineProperty(field, "clientWidth", { configurable: true, value: 300 });
  act(() => resized());
  expect(field.style.height).toBe("48px");
});
