package api

import (
	"fmt"
	"sync"
	"time"

	"github.com/parley-app/parley/store"
)

const (
	// failuresToAlarm is how many answers of a model fail one after another before
	// its server counts as degraded.
	failuresToAlarm = 3
	// failureTTL is how long a failure counts. Without a question for that long,
	// nobody knows whether the model still fails.
	failureTTL = time.Hour
	// maxFailingModels bounds how many models are remembered.
	maxFailingModels = 1000
)

// An answerLog remembers which models of a server fail, although the server may
// list them: how many answers failed since the last one that did not. It is safe
// for concurrent use.
type answerLog struct {
	now func() time.Time

	mu      sync.Mutex
	failing map[string]failureRun
}

// A failureRun is failed answers of one model, one after another.
type failureRun struct {
	count  int
	reason string // of the last
	at     time.Time
}

// succeeded notes an answer that came to its end, and reports whether that ends an
// alarm.
func (l *answerLog) succeeded(model string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	ended := l.failing[model].count >= failuresToAlarm
	delete(l.failing, model)
	return ended
}

// failed notes an answer that failed, and reports whether that raises an alarm.
func (l *answerLog) failed(model, reason string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	run := l.failing[model]
	if l.now().Sub(run.at) > failureTTL {
		run = failureRun{}
	}
	if l.failing == nil || len(l.failing) >= maxFailingModels {
		l.failing = map[string]failureRun{}
	}
	l.failing[model] = failureRun{run.count + 1, reason, l.now()}
	return run.count+1 == failuresToAlarm
}

// worst returns the model that has failed most often, "" if none fails often enough
// for an alarm.
func (l *answerLog) worst() (model string, run failureRun) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, r := range l.failing {
		if r.count >= failuresToAlarm && l.now().Sub(r.at) <= failureTTL && (r.count > run.count || r.count == run.count && name < model) {
			model, run = name, r
		}
	}
	return model, run
}

// check returns the health of the answers of a server.
func (l *answerLog) check() HealthCheck {
	model, run := l.worst()
	if run.count == 0 {
		return HealthCheck{Status: HealthOK}
	}
	return HealthCheck{Status: HealthDegraded, Detail: fmt.Sprintf("the last %d answers of the model %s failed; the latest: %s", run.count, model, run.reason)}
}

// noteAnswer tells the health of the model servers how an answer ended. What a
// person, the conversation or this program caused says nothing about a server, and
// neither does a model that nobody offers.
func (a *API) noteAnswer(t *turn, end ending) {
	server, model := a.models.pick(t.model)
	changed := false
	switch {
	case end.status == store.StatusComplete:
		changed = server.answers.succeeded(model.ID) || a.models.isUnlisted(server.Name())
	case end.status != store.StatusFailed || end.err == nil || end.unasked || !a.models.offered(model.ID):
		return
	case end.err.Code == store.CodeModelError || end.err.Code == store.CodeModelUnavailable:
		changed = server.answers.failed(model.ID, end.err.Message)
	}
	if changed {
		a.probes["model"].forget()
	}
}
