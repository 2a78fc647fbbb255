import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { render } from "@/testing/render";
import { Composer } from "./composer";

function draw(onSend: (text: string) => Promise<unknown>) {
  return { ...render(<Composer label="Ask" placeholder="Ask…" onSend={onSend} />), field: screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Ask" }) };
}

it("sends on Enter and is empty again", async () => {
  const onSend = vi.fn(async () => {});
  const { user, field } = draw(onSend);
  await user.type(field, "What is this?{Enter}");
  expect(onSend).toHaveBeenCalledExactlyOnceWith("What is this?");
  await waitFor(() => expect(field).toHaveValue(""));
});

it("starts a line on Shift+Enter", async () => {
  const onSend = vi.fn(async () => {});
  const { user, field } = draw(onSend);
  await user.type(field, "one{Shift>}{Enter}{/Shift}two");
  expect(onSend).not.toHaveBeenCalled();
  expect(field).toHaveValue("one\ntwo");
});

it("does not take the Enter that ends a composed word for a wish to send", async () => {
  const onSend = vi.fn(async () => {});
  const { user, field } = draw(onSend);
  await user.type(field, "日本");
  fireEvent.keyDown(field, { key: "Enter", isComposing: true });
  expect(onSend).not.toHaveBeenCalled();
});

it("sends nothing that is only white space", async () => {
  const onSend = vi.fn(async () => {});
  const { user, field } = draw(onSend);
  await user.type(field, "  {Enter}");
  expect(onSend).not.toHaveBeenCalled();
  expect(screen.getByRole("button", { name: "Send" })).toBeDisabled();
});

it("keeps the text when it could not be sent", async () => {
  const { user, field } = draw(() => Promise.reject(new Error("away")));
  await user.type(field, "Keep me{Enter}");
  await waitFor(() => expect(field).not.toHaveAttribute("readonly"));
  expect(field).toHaveValue("Keep me");
  expect(field).toHaveFocus();
});

it("sends once, however often Enter is pressed meanwhile", async () => {
  const answers: (() => void)[] = [];
  const onSend = vi.fn(() => new Promise<void>((done) => answers.push(done)));
  const { user, field } = draw(onSend);
  await user.type(field, "Once{Enter}{Enter}");
  await user.click(screen.getByRole("button", { name: "Send" }));
  expect(onSend).toHaveBeenCalledOnce();
  answers[0]?.();
  await waitFor(() => expect(field).toHaveValue(""));
});

it("says when the text is longer than the server takes", () => {
  const { field } = draw(async () => {});
  fireEvent.change(field, { target: { value: "a".repeat(50_001) } });
  expect(screen.getByRole("alert")).toHaveTextContent("At most 50,000 characters");
  expect(screen.getByRole("button", { name: "Send" })).toBeDisabled();
  // An emoji is two units of JavaScript's but one character.
  fireEvent.change(field, { target: { value: "😀".repeat(50_000) } });
  expect(screen.queryByRole("alert")).toBeNull();
});
