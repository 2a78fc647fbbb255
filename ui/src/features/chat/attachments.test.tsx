import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { AttachmentChips, useDraftFiles } from "@/components/attachment-chips";
import { returnAttachments, useAttachments } from "@/lib/attachments";
import { fakeServer } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleAttachment } from "@/testing/samples";
import { AttachmentList } from "./attachment-list";

beforeEach(() => useAttachments.setState({ drafts: [] }));

function Drafts() {
  const { drafts, hindrance } = useDraftFiles("t");
  return (
    <>
      <AttachmentChips drafts={drafts} />
      <p>{hindrance ?? "Ready."}</p>
    </>
  );
}

describe("files that are about to be sent", () => {
  it("hold the message back while they are scanned, and say so", async () => {
    fakeServer({ "DELETE /attachments/:id": () => undefined });
    const pending = sampleAttachment({ name: "a.pdf", scan: { status: "pending", engine: "", scanned_at: null } });
    returnAttachments("t", [pending]);
    const { user } = render(<Drafts />);
    expect(screen.getByText("Files are being scanned for viruses.")).toBeInTheDocument();
    expect(within(screen.getByRole("list", { name: "Attachments" })).getByText("· Being scanned")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Remove a.pdf" }));
    expect(screen.getByText("Ready.")).toBeInTheDocument();
  });

  it("cannot be sent when a virus was found, and can be removed", () => {
    returnAttachments("t", [sampleAttachment({ scan: { status: "infected", engine: "ClamAV", signature: "Eicar", scanned_at: null } })]);
    render(<Drafts />);
    expect(screen.getByRole("alert")).toHaveTextContent("A virus was found (Eicar). It is in quarantine.");
    expect(screen.getByText("Remove the file that cannot be sent.")).toBeInTheDocument();
  });

  it("are said not to be read by the model, before they are sent", async () => {
    fakeServer({ "GET /config": () => ({ upload_media_types: ["text/plain", "image/png", "application/pdf"], model_media_types: ["text/plain"] }) });
    returnAttachments("t", [sampleAttachment({ name: "notes.txt" }), sampleAttachment({ name: "boat.png", media_type: "image/png" })]);
    const held = { key: "k", threadId: "t", name: "plan.pdf", size: 9, progress: 0, file: new File(["%PDF"], "plan.pdf", { type: "application/pdf" }) };
    useAttachments.setState(({ drafts }) => ({ drafts: [...drafts, held] }));
    render(<Drafts />);
    expect(await screen.findAllByText("The model can't read this kind of file")).toHaveLength(2);
    const [notes] = screen.getAllByRole("listitem");
    expect(notes).toHaveTextContent("notes.txt");
    expect(notes).not.toHaveTextContent("can't read");
  });

  it("can be cancelled while they are on their way", () => {
    useAttachments.setState({ drafts: [{ key: "k", threadId: "t", name: "big.zip", size: 2048, progress: 0.25 }] });
    render(<Drafts />);
    expect(screen.getByRole("progressbar", { name: "Sending big.zip" })).toHaveAttribute("value", "0.25");
    expect(screen.getByRole("button", { name: "Cancel big.zip" })).toBeInTheDocument();
    expect(screen.getByText("Files are still being sent.")).toBeInTheDocument();
  });
});

describe("files that came with a message", () => {
  it("are pictures where they are images, in a place that is kept for them", () => {
    render(<AttachmentList items={[sampleAttachment({ name: "boat.png", media_type: "image/png", width: 2880, height: 1440 })]} />);
    const picture = screen.getByRole("img", { name: "boat.png" });
    expect(picture).toHaveAttribute("src", expect.stringMatching(/^\/api\/v1\/attachments\/[^/]+\/content\?inline=true$/));
    expect(picture).toHaveAttribute("width", "288");
    expect(picture).toHaveAttribute("height", "144");
  });

  it("say their size and what the scanner said, and are saved by a press", async () => {
    const file = sampleAttachment({ name: "plan.pdf", size: 25 * 1024 * 1024, media_type: "application/pdf" });
    const server = fakeServer({ "GET /attachments/:id": () => file });
    const { user } = render(<AttachmentList items={[file]} />);
    expect(screen.getByText("25 MB · No virus found")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: /Save plan.pdf/ }));
    await waitFor(() => expect(server.to("GET /attachments/:id").map((r) => r.params.id)).toEqual([file.id]));
  });

  it.each(["infected", "failed", "pending"] as const)("are not to be opened while they are %s", (status) => {
    render(<AttachmentList items={[sampleAttachment({ media_type: "image/png", scan: { status, engine: "", signature: "Eicar", scanned_at: null } })]} />);
    expect(screen.queryByRole("button")).not.toBeInTheDocument();
    expect(screen.queryByRole("img")).not.toBeInTheDocument();
  });

  it("say that nobody scanned them where no scanner is set", () => {
    render(<AttachmentList items={[sampleAttachment({ scan: { status: "skipped", engine: "", scanned_at: null } })]} />);
    expect(screen.getByText(/Not scanned/)).toBeInTheDocument();
  });
});
