package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// A runningConfig is the configuration of a server that runs: what it began with,
// and what SIGHUP has changed since. It is safe for concurrent use.
type runningConfig struct {
	started time.Time

	mu     sync.Mutex
	began  *Loaded
	now    *Loaded                 // as read last; of it only what a reload applies is in force
	reread func() (*Loaded, error) // reads the sources again; nil: they are not known
}

func newRunning(l *Loaded) *runningConfig {
	return &runningConfig{started: time.Now(), began: l, now: l}
}

// rereadBy sets the function that reads the server's sources again.
func (r *runningConfig) rereadBy(f func() (*Loaded, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reread = f
}

// reloaded records what a reload has read and applied.
func (r *runningConfig) reloaded(next *Loaded) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = next
}

// effective returns the settings in force. The caller must not change them.
func (r *runningConfig) effective() *Loaded {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := *r.began
	out.Origin = maps.Clone(r.began.Origin)
	last := r.now.settings()
	for i, s := range out.settings() {
		if !s.reload {
			continue
		}
		if err := s.value.set(last[i].value.show()); err == nil {
			out.Origin[s.key] = r.now.Origin[s.key]
		}
	}
	return &out
}

// A runningReport is what a running server tells the command line of its settings.
type runningReport struct {
	PID          int            `json:"pid"`
	Version      string         `json:"version"`
	StartedAt    time.Time      `json:"started_at"`
	Data         string         `json:"data"`
	ConfigFile   string         `json:"config_file"` // "" for none
	BackupFolder string         `json:"backup_folder"`
	Settings     []shownSetting `json:"settings"`
	Pending      []string       `json:"pending"`  // settings whose sources say something else now
	Mistakes     []string       `json:"mistakes"` // in the sources as they are now: a restart would fail
}

// report returns the settings in force, secrets masked, and what a restart would
// change.
func (r *runningConfig) report() runningReport {
	l := r.effective()
	out := runningReport{
		PID: os.Getpid(), Version: version, StartedAt: r.started.UTC().Truncate(time.Second), Data: dataFolder(l.Data).absolute(),
		ConfigFile: absolute(l.ConfigFile), BackupFolder: absolute(l.backupFolder()), Settings: l.shown(), Pending: []string{}, Mistakes: []string{},
	}
	r.mu.Lock()
	reread := r.reread
	r.mu.Unlock()
	if reread == nil {
		return out
	}
	next, err := reread()
	if err != nil {
		out.Mistakes = mistakesOf(err)
		return out
	}
	then := next.settings()
	for i, s := range l.settings() {
		if s.value.show() != then[i].value.show() {
			out.Pending = append(out.Pending, s.key)
		}
	}
	return out
}

// describe names the server, for the head of what is printed about it.
func (r *runningReport) describe() string {
	file := r.ConfigFile
	if file == "" {
		file = "none"
	}
	return fmt.Sprintf("pid %d, version %s, data folder %s, configuration file %s, started %s",
		r.PID, r.Version, r.Data, file, r.StartedAt.Format(time.DateTime+" UTC"))
}

// setting returns the value of a setting and where it comes from.
func (r *runningReport) setting(key string) shownSetting {
	for _, s := range r.Settings {
		if s.Key == key {
			return s
		}
	}
	return shownSetting{}
}

// askRunning returns the settings of the server that has l's data folder: nil if
// none runs there, or if it is of an older version, which does not tell them.
func askRunning(ctx context.Context, l *Loaded) (*runningReport, error) {
	var r runningReport
	err := ask(ctx, dataFolder(l.Data), http.MethodPost, "settings", &r, nil)
	if errors.Is(err, errNoServer) {
		return nil, nil
	}
	if old, ok := errors.AsType[*answerError](err); ok && old.status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// running is askRunning for a command that shows settings. With --set it asks for
// settings that no server has, and with --local for those of the command itself:
// both get nil.
func (c *cli) running(ctx context.Context, l *Loaded, local bool) (*runningReport, error) {
	if local || len(c.sets) > 0 {
		return nil, nil
	}
	return askRunning(ctx, l)
}

// ownSettings says whose settings are shown where no server was asked.
func (c *cli) ownSettings(ctx context.Context, l *Loaded) string {
	sources := []string{"this command's flags", "its environment"}
	if l.ConfigFile != "" {
		sources = append(sources, absolute(l.ConfigFile))
	}
	text := "those of " + strings.Join(sources, ", ") + " and the defaults"
	if err := ask(ctx, dataFolder(l.Data), http.MethodGet, "health", &healthReport{}, nil); err == nil {
		return text + ", not those of the server that is running on " + dataFolder(l.Data).absolute()
	} else if errors.Is(err, errNoServer) {
		return text + ": no server is running on the data folder " + dataFolder(l.Data).absolute()
	}
	return text
}
