package store

import "github.com/parley-app/parley/store/kv"

// A SummaryTask says that a summary of a thread is to be made: it stays until that is
// there, whatever happens to the program. A thread has one at most, and takes it along.
type SummaryTask struct {
	ThreadID  ID   `json:"thread_id"`
	SummaryID ID   `json:"summary_id"`        // that a person waits for; zero: nobody does
	IsAnew    bool `json:"is_anew,omitempty"` // of the whole thread, even if nothing was said since
	Tries     int  `json:"tries,omitempty"`   // that failed
	Due       Time `json:"due"`               // not before
	CreatedAt Time `json:"created_at"`
}

var summaryTasks = &table[SummaryTask]{
	space: "summary_tasks", noun: "summary task",
	key: func(t *SummaryTask) []byte { return kv.Key(t.ThreadID) },
	indexes: []index[SummaryTask]{
		{name: "due", key: func(t *SummaryTask) []byte { return kv.Key(t.Due.Time) }},
	},
	refs: []reference[SummaryTask]{
		{name: "thread_id", to: "threads", id: func(t *SummaryTask) ID { return t.ThreadID }, then: cascade},
	},
}

// SummaryTask returns the task of a thread, or nil.
func (tx *Tx) SummaryTask(thread ID) (*SummaryTask, error) {
	return summaryTasks.find(tx, kv.Key(thread))
}

// PutSummaryTask writes the task of a thread.
func (tx *Tx) PutSummaryTask(t *SummaryTask) error { return summaryTasks.put(tx, t) }

// DeleteSummaryTask removes the task of a thread, if it has one.
func (tx *Tx) DeleteSummaryTask(thread ID) error {
	t, err := tx.SummaryTask(thread)
	if err != nil || t == nil {
		return err
	}
	return summaryTasks.destroy(tx, t)
}

// DueSummaryTasks returns at most n tasks whose time has come, the longest due first.
func (tx *Tx) DueSummaryTasks(now Time, n int) ([]*SummaryTask, error) {
	page, err := tx.kv.Scan(summaryTasks.index("due").space, kv.Range{To: kv.Key(now.Time), Limit: n})
	if err != nil {
		return nil, err
	}
	list := make([]*SummaryTask, 0, len(page))
	for _, e := range page {
		t, err := summaryTasks.find(tx, e.Value)
		if isDamage(err) {
			tx.store.met(err)
			continue
		}
		if err != nil {
			return nil, err
		}
		if t != nil {
			list = append(list, t)
		}
	}
	return list, nil
}

// CountSummaryTasks says how many tasks there are; it counts to kv.MaxPage.
func (tx *Tx) CountSummaryTasks() (int, error) {
	page, err := tx.kv.Scan(summaryTasks.space, kv.Range{})
	return len(page), err
}
