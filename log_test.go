package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestLinesForTheJournalBeginWithTheirPriority(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			log := newLog(&out, format, slog.LevelDebug, true).With("node", "a")
			log.Debug("one")
			log.Info("two")
			log.WithGroup("g").Warn("three", "x", 1)
			log.Error("four", "err", errors.New("line one\nline two"))
			lines := strings.SplitAfter(strings.TrimSuffix(out.String(), "\n"), "\n")
			if len(lines) != 4 {
				t.Fatalf("got %q", lines)
			}
			for i, want := range []string{"<7>", "<6>", "<4>", "<3>"} {
				if !strings.HasPrefix(lines[i], want) || strings.Count(lines[i], "<") != 1 {
					t.Errorf("line %q does not begin with %s", lines[i], want)
				}
				if format == "text" && strings.Contains(lines[i], "time=") {
					t.Errorf("line %q has a time, which the journal has too", lines[i])
				}
			}
		})
	}
}

func TestDurationsInTheLogNameTheirUnit(t *testing.T) {
	for _, key := range []string{"took", "took_ms"} {
		var text, line bytes.Buffer
		newLog(&text, "text", slog.LevelInfo, false).Info("request", key, 1500*time.Microsecond)
		newLog(&line, "json", slog.LevelInfo, false).Info("request", key, 1500*time.Microsecond)
		var fields map[string]any
		if err := json.Unmarshal(line.Bytes(), &fields); err != nil || fields["took_ms"] != 1.5 {
			t.Errorf("JSON: %s (%v)", line.Bytes(), err)
		}
		if !strings.Contains(text.String(), " took_ms=1.5\n") {
			t.Errorf("text: %s", text.Bytes())
		}
	}
}

func TestTheJournalIsToldFromAFile(t *testing.T) {
	f := tempFile(t)
	for stream, want := range map[string]bool{journalOf(t, f): true, "": false, "1:2": false, "nonsense": false} {
		if got := isJournal(f, []string{"JOURNAL_STREAM=" + stream}); got != want {
			t.Errorf("JOURNAL_STREAM=%s: got %v, want %v", stream, got, want)
		}
	}
	if isJournal(io.Discard, []string{"JOURNAL_STREAM=" + journalOf(t, f)}) {
		t.Error("what is no file is taken for the journal")
	}
}

// The set-up link makes an administrator, and logs have more readers than a terminal.
func TestTheSetUpLinkIsNotWrittenToLogs(t *testing.T) {
	link := regexp.MustCompile(`token=\S+`)
	for name, tt := range map[string]struct {
		format  string
		journal bool
		printed bool
	}{
		"a terminal":                   {"text", false, true},
		"the journal":                  {"text", true, false},
		"lines of JSON":                {"json", false, false},
		"lines of JSON in the journal": {"json", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			out := tempFile(t)
			c := &cli{stdout: out, stderr: out}
			if tt.journal {
				c.environ = []string{"JOURNAL_STREAM=" + journalOf(t, out)}
			}
			l := testConfig(t, flag{"log.format", tt.format, ""})
			s, err := start(t.Context(), l, newLog(out, tt.format, slog.LevelDebug, tt.journal))
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.announce(t.Context(), c), s.stop(time.Second)); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(out.Name())
			if err != nil || link.Match(text) != tt.printed || !tt.printed && !strings.Contains(string(text), "parley setup-token") {
				t.Errorf("%v, output:\n%s", err, text)
			}
			if plain := strings.Contains(string(text), "\nParley is at"); plain && tt.format == "json" {
				t.Errorf("a line is no JSON:\n%s", text)
			}
		})
	}
}

func tempFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// journalOf returns JOURNAL_STREAM of a process whose journal f is.
func journalOf(t *testing.T, f *os.File) string {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return fileID(info)
}
