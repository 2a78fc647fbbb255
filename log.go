package main

import (
	"io"
	"log/slog"

	"github.com/parley-app/parley/api/rest"
)

// newLog makes the log of a server. level may change while it is used.
func newLog(w io.Writer, format string, level slog.Leveler) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w, o)
	if format == "json" {
		h = slog.NewJSONHandler(w, o)
	}
	return slog.New(rest.LogHandler(h))
}

// logLevel reads a level that config has checked.
func logLevel(word string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(word)); err != nil {
		return slog.LevelInfo
	}
	return l
}
