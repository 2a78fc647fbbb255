package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/parley-app/parley/api/rest"
)

// newLog returns the log of a server. level may change while it is used. With journal,
// w leads to journald: each line begins with its syslog priority as sd-daemon(3)
// describes, and has no time of its own.
func newLog(w io.Writer, format string, level slog.Leveler, journal bool) *slog.Logger {
	if !journal {
		return slog.New(rest.LogHandler(newLogHandler(w, format, level, false)))
	}
	buf := &bytes.Buffer{}
	return slog.New(rest.LogHandler(&journalHandler{Handler: newLogHandler(buf, format, level, true), journal: &journalStream{w: w, buf: buf}}))
}

func newLogHandler(w io.Writer, format string, level slog.Leveler, untimed bool) slog.Handler {
	text := format != "json"
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch {
		case untimed && text && len(groups) == 0 && a.Key == slog.TimeKey:
			return slog.Attr{}
		case a.Value.Kind() == slog.KindDuration:
			return inMilliseconds(a)
		}
		return a
	}}
	if text {
		return slog.NewTextHandler(w, o)
	}
	return slog.NewJSONHandler(w, o)
}

// inMilliseconds writes a duration with its unit in the key, so that programs which
// read the log need not guess it.
func inMilliseconds(a slog.Attr) slog.Attr {
	ms := a.Value.Duration().Round(time.Microsecond).Seconds() * 1000
	return slog.Float64(strings.TrimSuffix(a.Key, "_ms")+"_ms", ms)
}

// A journalHandler puts the priority of each record in front of its line.
type journalHandler struct {
	slog.Handler // writes to journal.buf
	journal      *journalStream
}

// A journalStream is the stream to journald, which handlers with other attributes share.
type journalStream struct {
	mu  sync.Mutex
	w   io.Writer
	buf *bytes.Buffer
}

// Handle writes one line.
func (h *journalHandler) Handle(ctx context.Context, r slog.Record) error {
	h.journal.mu.Lock()
	defer h.journal.mu.Unlock()
	h.journal.buf.Reset()
	fmt.Fprintf(h.journal.buf, "<%d>", priority(r.Level))
	if err := h.Handler.Handle(ctx, r); err != nil {
		return err
	}
	_, err := h.journal.w.Write(h.journal.buf.Bytes())
	return err
}

// WithAttrs keeps the priority.
func (h *journalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &journalHandler{h.Handler.WithAttrs(attrs), h.journal}
}

// WithGroup keeps the priority.
func (h *journalHandler) WithGroup(name string) slog.Handler {
	return &journalHandler{h.Handler.WithGroup(name), h.journal}
}

// priority returns the syslog priority of a level (RFC 5424, section 6.2.1).
func priority(level slog.Level) int {
	switch {
	case level >= slog.LevelError:
		return 3
	case level >= slog.LevelWarn:
		return 4
	case level >= slog.LevelInfo:
		return 6
	}
	return 7
}

// isJournal reports whether w is the stream that systemd connected to the journal and
// named in JOURNAL_STREAM (systemd.exec(5)).
func isJournal(w io.Writer, environ []string) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stream := ""
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, "JOURNAL_STREAM="); ok {
			stream = value
		}
	}
	return stream != "" && stream == fileID(info)
}

// logLevel reads a level that config has checked.
func logLevel(word string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(word)); err != nil {
		return slog.LevelInfo
	}
	return l
}
