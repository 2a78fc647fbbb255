// Package jobs runs what runs by itself: one list, one cancel, one wait.
package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/parley-app/parley/api"
)

// A Job is done again and again until the server ends.
type Job struct {
	Name  string
	Every time.Duration               // 0: once, at the start
	Later bool                        // not at the start, but after Every for the first time
	Do    func(context.Context) error // returns soon after its context ends
}

// Of lists the jobs of an instance.
func Of(a *api.API) []Job {
	return []Job{
		{Name: "save drafts", Every: time.Second, Do: a.SaveDrafts},
		{Name: "refresh presence", Every: 250 * time.Millisecond, Do: a.RefreshPresence},
		{Name: "answer queued questions", Every: 10 * time.Second, Do: a.AnswerQueued},
		{Name: "reap deleted", Every: 2 * time.Second, Do: a.Reap},
		{Name: "index texts", Every: time.Second, Do: a.IndexTexts},
		{Name: "make summaries", Every: a.SummaryInterval(), Do: a.SummarizeDue},
		{Name: "refresh models", Every: 30 * time.Second, Do: a.RefreshModels},
		{Name: "scan attachments", Do: a.ScanAttachments},
		{Name: "expire uploads", Every: 10 * time.Minute, Do: a.ExpireUploads},
		{Name: "sweep blobs", Every: time.Hour, Later: true, Do: a.SweepBlobs},
		{Name: "report outages", Every: 15 * time.Second, Do: a.ReportOutages},
		{Name: "render again", Every: time.Minute, Do: a.RenderAgain},
		{Name: "rotate keys", Every: 10 * time.Minute, Do: a.RotateKeys},
	}
}

// Run does every job, at the start unless that is to be later, and then at its interval, until ctx ends,
// and returns when all have. A job that fails is logged and tried again; one that
// panics is logged and takes nothing else down.
func Run(ctx context.Context, log *slog.Logger, list []Job) {
	var running sync.WaitGroup
	for _, j := range list {
		running.Go(func() { repeat(ctx, log, j) })
	}
	running.Wait()
}

func repeat(ctx context.Context, log *slog.Logger, j Job) {
	if j.Every <= 0 {
		once(ctx, log, j)
		return
	}
	tick := time.NewTicker(j.Every)
	defer tick.Stop()
	for wait := j.Later; ctx.Err() == nil; wait = false {
		if !wait {
			once(ctx, log, j)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func once(ctx context.Context, log *slog.Logger, j Job) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("a job panicked", "job", j.Name, "panic", p)
		}
	}()
	if err := j.Do(ctx); err != nil && ctx.Err() == nil {
		log.Error("a job failed", "job", j.Name, "err", err)
	}
}
