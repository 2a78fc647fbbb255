package store

import "github.com/parley-app/parley/store/kv"

// counters sets what threads say of their messages and summaries, and projects
// of their threads. The indexes are whole by then.
func (r *repairer) counters() error {
	err := eachRecord(r, threads, func(tx *Tx, t *Thread) error {
		is, err := tx.counted(t)
		if err != nil || is == *t {
			return err
		}
		r.say("threads %s: set to %d rows, %d messages, %d tokens, %d summaries, last active at %s",
			t.ID, is.RowCount, is.MessageCount, is.TotalTokens, is.SummaryCount, is.LastActivityAt)
		return threads.put(tx, &is)
	})
	if err != nil {
		return err
	}
	return eachRecord(r, projects, func(tx *Tx, p *Project) error {
		is, err := tx.childrenOf(p.ID)
		if err != nil || p.ThreadCount == is.threads && p.LastChatAt.Equal(is.lastChat.Time) {
			return err
		}
		r.say("projects %s: set to %d threads, last chat at %s", p.ID, is.threads, is.lastChat)
		p.ThreadCount, p.LastChatAt = is.threads, is.lastChat
		return projects.put(tx, p)
	})
}

// childrenOf returns what the threads of a project come to.
func (tx *Tx) childrenOf(project ID) (is children, err error) {
	err = kv.Walk(tx.kv, threads.index("activity").space, kv.Prefix(kv.Key(project)), func(e kv.Entry) error {
		t, err := threads.find(tx, e.Value)
		if err != nil || t == nil {
			return ignoreDamage(err)
		}
		is = is.with(t)
		return nil
	})
	return is, err
}

// eachRecord calls fn for every record of a table that is whole, each in a
// transaction of its own. It writes only if fn does.
func eachRecord[T any](r *repairer, t *table[T], fn func(*Tx, *T) error) error {
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
			record, err := t.find(tx, key)
			if err != nil || record == nil {
				return ignoreDamage(err)
			}
			return fn(tx, record)
		})
	}
	return err
}
