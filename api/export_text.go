package api

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/parley-app/parley/store"
)

const exportTime = "2 January 2006, 15:04 UTC"

func shown(t store.Time) string { return t.UTC().Format(exportTime) }

// oneLine keeps a name from being more than a name.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// notes are what an export says of a message beside its words.
func (m *exportMessage) notes() (notes []string) {
	if n, of := m.answers(); of > 1 {
		notes = append(notes, fmt.Sprintf("answer %d of %d", n, of))
	}
	switch {
	case m.StoppedBy != nil:
		notes = append(notes, "stopped by "+m.StoppedBy.Name)
	case m.Status != store.StatusComplete:
		notes = append(notes, m.Status)
	}
	if m.IsEdited {
		notes = append(notes, fmt.Sprintf("edited %s, last on %s", times(m.EditCount), shown(m.EditedAt)))
	}
	if m.IsSummarized {
		notes = append(notes, "summed up above")
	}
	return notes
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func fileLine(f *store.Attachment) string {
	return fmt.Sprintf("%s (%s, %d bytes)", oneLine(f.Name), f.MediaType, f.Size)
}

// facts are the lines about the thread.
func (h *exportHead) facts() [][2]string {
	facts := [][2]string{
		{"Project", oneLine(h.Project.Name)},
		{"Begun", shown(h.Thread.CreatedAt) + ", by " + h.Creator},
		{"Messages", itoa(h.Thread.MessageCount)},
		{"Exported", shown(h.ExportedAt)},
	}
	if h.Thread.IsPrivate {
		facts = append(facts, [2]string{"Seen by", h.Creator + " alone"})
	}
	if h.Thread.IsArchived() {
		facts = append(facts, [2]string{"Archived", shown(h.Thread.ArchivedAt)})
	}
	return facts
}

func summaryTitle(s *store.Summary) string {
	by := s.ModelUsed
	orDefault(&by, "hand")
	title := fmt.Sprintf("Summary of %d messages, by %s, %s", s.MessageCount, oneLine(by), shown(s.CreatedAt))
	if s.IsStale {
		title += ", out of date: a message was changed since"
	}
	if s.IsEdited {
		title += " (edited)"
	}
	return title
}

// A markdownExport keeps the messages' own Markdown as it is.
type markdownExport struct {
	w       *bufio.Writer
	talking bool // the messages have begun
}

func (x *markdownExport) put(format string, args ...any) { _, _ = fmt.Fprintf(x.w, format, args...) }

// plain escapes what would be markup in a name.
func (x *markdownExport) plain(s string) string {
	return markdownEscapes.Replace(oneLine(s))
}

var markdownEscapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "#", `\#`, "&", `\&`)

func (x *markdownExport) begin(h *exportHead) {
	x.put("# %s\n\n", x.plain(h.Thread.Title))
	for _, f := range h.facts() {
		x.put("- %s: %s\n", f[0], x.plain(f[1]))
	}
}

func (x *markdownExport) summary(s *store.Summary) {
	x.put("\n## %s\n\n%s\n", x.plain(summaryTitle(s)), s.SummaryText)
	if len(s.KeyTopics) > 0 {
		x.put("\nTopics: %s\n", x.plain(strings.Join(s.KeyTopics, ", ")))
	}
}

func (x *markdownExport) message(m *exportMessage) {
	if !x.talking {
		x.put("\n## Conversation\n")
		x.talking = true
	}
	x.put("\n---\n\n### %s, %s\n\n", x.plain(m.Author), shown(m.CreatedAt))
	if notes := m.notes(); len(notes) > 0 {
		x.put("*%s*\n\n", x.plain(strings.Join(notes, "; ")))
	}
	x.put("%s\n", strings.TrimRight(m.Content, "\n"))
	if m.Error != nil {
		x.put("\n*%s*\n", x.plain(m.Error.Message))
	}
	for i := range m.Files {
		x.put("\n- Attached: %s\n", x.plain(fileLine(&m.Files[i])))
	}
	for _, v := range m.Versions {
		x.put("\n> *Until %s it said:*\n>\n", shown(v.EditedAt))
		for line := range strings.Lines(v.Content) {
			x.put("> %s\n", strings.TrimRight(line, "\r\n"))
		}
	}
}

func (x *markdownExport) end() {}

// A textExport is for reading without any program that knows markup.
type textExport struct{ w *bufio.Writer }

func (x *textExport) put(format string, args ...any) { _, _ = fmt.Fprintf(x.w, format, args...) }

func (x *textExport) begin(h *exportHead) {
	title := oneLine(h.Thread.Title)
	x.put("%s\n%s\n\n", title, strings.Repeat("=", min(72, len([]rune(title)))))
	for _, f := range h.facts() {
		x.put("%s: %s\n", f[0], f[1])
	}
}

func (x *textExport) summary(s *store.Summary) {
	x.put("\n[%s]\n%s\n", summaryTitle(s), s.SummaryText)
	if len(s.KeyTopics) > 0 {
		x.put("Topics: %s\n", oneLine(strings.Join(s.KeyTopics, ", ")))
	}
}

func (x *textExport) message(m *exportMessage) {
	x.put("\n%s\n%s, %s", strings.Repeat("-", 72), oneLine(m.Author), shown(m.CreatedAt))
	if notes := m.notes(); len(notes) > 0 {
		x.put(" (%s)", strings.Join(notes, "; "))
	}
	x.put("\n\n%s\n", strings.TrimRight(m.Content, "\n"))
	if m.Error != nil {
		x.put("\n[%s]\n", oneLine(m.Error.Message))
	}
	for i := range m.Files {
		x.put("\n[Attached: %s]\n", fileLine(&m.Files[i]))
	}
	for _, v := range m.Versions {
		x.put("\n[Until %s it said:]\n", shown(v.EditedAt))
		for line := range strings.Lines(v.Content) {
			x.put("    %s\n", strings.TrimRight(line, "\r\n"))
		}
	}
}

func (x *textExport) end() {}
