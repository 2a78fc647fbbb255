package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/parley-app/parley/store/backup"
)

// A bar shows how far a command is: as a bar that moves on a terminal, as a line
// now and then in a log. It goes on showing how long something takes while nothing is
// told. It is safe for concurrent use, and runs from the first tell to end.
type bar struct {
	w        io.Writer
	terminal bool
	now      func() time.Time

	mu          sync.Mutex
	what        string
	done, total int64
	began       time.Time
	shown       time.Time
	width       int           // of what stands on the terminal's line
	ended       chan struct{} // nil: not running
}

func newBar(w io.Writer) *bar {
	b := &bar{w: w}
	b.now = time.Now
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		b.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return b
}

const (
	barEvery  = time.Second / 10 // on a terminal
	lineEvery = 10 * time.Second // in a log
	barWidth  = 30
)

// tell is a backup.Progress.
func (b *bar) tell(what string, done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	b.done, b.total = done, total
	if what != b.what {
		b.what, b.began, b.shown = what, now, now
		if b.terminal {
			b.shown = time.Time{} // at once
		}
	}
	if b.ended == nil {
		b.ended = make(chan struct{})
		go b.tick(b.ended)
	}
	b.show(now)
}

func (b *bar) tick(ended <-chan struct{}) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ended:
			return
		case <-t.C:
			b.mu.Lock()
			if b.ended == ended {
				b.show(b.now())
			}
			b.mu.Unlock()
		}
	}
}

// show draws what was told last, unless that was just done. b is locked.
func (b *bar) show(now time.Time) {
	every := lineEvery
	if b.terminal {
		every = barEvery
	}
	if now.Sub(b.shown) < every {
		return
	}
	b.shown = now
	if b.terminal {
		b.overwrite(b.picture(b.done, b.total, now.Sub(b.began)))
	} else {
		fmt.Fprintln(b.w, b.words(b.done, b.total))
	}
}

// percent is tell for things that are not bytes.
func (b *bar) percent(what string, done, total int64) {
	b.tell(what, 100*done/max(total, 1), 100)
}

// end clears the terminal's line.
func (b *bar) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended != nil {
		close(b.ended)
		b.ended = nil
	}
	if b.width > 0 {
		fmt.Fprintf(b.w, "\r%s\r", strings.Repeat(" ", b.width))
		b.width = 0
	}
	b.what = ""
}

func (b *bar) overwrite(text string) {
	rest := max(0, b.width-len(text))
	b.width = len(text)
	fmt.Fprintf(b.w, "\r%s%s", text, strings.Repeat(" ", rest))
}

func (b *bar) picture(done, total int64, took time.Duration) string {
	if total <= 0 {
		if done > 0 {
			return fmt.Sprintf("%s: %s, %s", b.what, backup.Bytes(done), took.Round(time.Second))
		}
		return fmt.Sprintf("%s, %s", b.what, took.Round(time.Second))
	}
	full := int(barWidth * min(done, total) / total)
	return fmt.Sprintf("%s [%s%s] %3d %%, %s", b.what, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), 100*done/total, took.Round(time.Second))
}

func (b *bar) words(done, total int64) string {
	switch {
	case total > 100:
		return fmt.Sprintf("%s: %d %%, %s of %s", b.what, 100*done/total, backup.Bytes(done), backup.Bytes(total))
	case total > 0:
		return fmt.Sprintf("%s: %d %%", b.what, 100*done/total)
	case done > 0:
		return fmt.Sprintf("%s: %s", b.what, backup.Bytes(done))
	default:
		return b.what
	}
}
