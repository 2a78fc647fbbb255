import { expect, it, vi } from "vitest";
import { guardComposition } from "./composition";

it("keeps the keys of an input method from every handler, and no other", () => {
  const stop = guardComposition();
  const heard = vi.fn();
  document.body.addEventListener("keydown", heard);
  window.addEventListener("keydown", heard);
  const press = (init: KeyboardEventInit) => document.body.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }));
  press({ key: "Enter", keyCode: 229 }); // Safari
  press({ key: "Enter", isComposing: true });
  press({ key: "Process", keyCode: 229, isComposing: true });
  press({ key: "Escape", isComposing: true });
  expect(heard).not.toHaveBeenCalled();
  press({ key: "Enter", keyCode: 13 });
  expect(heard).toHaveBeenCalledTimes(2);
  stop();
});
