package store

import "github.com/parley-app/parley/store/kv"

// counters sets what threads say of their messages and summaries, and projects
// of their threads. The indexes are whole by then.
func (r *repairer) counters() error {
	per := map[ID]children{}
	var is Thread
	err := eachRecord(r, threads, func(tx *Tx, t *Thread) (err error) {
		if is, err = tx.counted(t); err != nil || is == *t {
			return err
		}
		r.say("threads %s: set to %d rows, %d messages, %d tokens, %d summaries, last active at %s",
			t.ID, is.RowCount, is.MessageCount, is.TotalTokens, is.SummaryCount, is.LastActivityAt)
		fixed := is
		return threads.put(tx, &fixed)
	}, func() { per[is.ProjectID] = per[is.ProjectID].with(&is) })
	if err != nil {
		return err
	}
	return eachRecord(r, projects, func(tx *Tx, p *Project) error {
		is := per[p.ID]
		if p.ThreadCount == is.threads && p.LastChatAt.Equal(is.lastChat.Time) {
			return nil
		}
		r.say("projects %s: set to %d threads, last chat at %s", p.ID, is.threads, is.lastChat)
		p.ThreadCount, p.LastChatAt = is.threads, is.lastChat
		return projects.put(tx, p)
	}, func() {})
}

// eachRecord calls fn for every record of a table that is whole, each in a
// transaction of its own, and then committed.
func eachRecord[T any](r *repairer, t *table[T], fn func(*Tx, *T) error, committed func()) error {
	var keys [][]byte
	err := r.each(t.space, func(_ *Tx, e kv.Entry) error {
		if _, err := t.decode(e.Key, e.Value); err == nil {
			keys = append(keys, e.Key)
		}
		return nil
	})
	for _, key := range keys {
		if err != nil {
			return err
		}
		said := len(r.done)
		err = r.store.Update(r.ctx, func(tx *Tx) error {
			r.done = r.done[:said] // it may run more than once
			record, err := t.get(tx, key)
			if err != nil {
				return err
			}
			return fn(tx, record)
		})
		if err == nil {
			committed()
		}
	}
	return err
}
