package store

import "github.com/parley-app/parley/store/kv"

// checkCounters compares what projects and threads say of their children with
// the children.
func checkCounters(tx *Tx, report func(string, ...any)) error {
	perProject := map[ID]int{}
	lastChat := map[ID]Time{}
	err := kv.Walk(tx.kv, threads.space, kv.Range{}, func(e kv.Entry) error {
		t, err := threads.decode(e.Key, e.Value)
		if err != nil {
			return nil //nolint:nilerr // reported by the table's own check
		}
		perProject[t.ProjectID]++
		last := at(t.LastMessage)
		if t.LastMessage != nil && !t.LastActivityAt.Equal(last.Time) {
			report("threads %s: last_activity_at is %s, the newest message is of %s", t.ID, t.LastActivityAt, last)
		}
		if last.After(lastChat[t.ProjectID].Time) {
			lastChat[t.ProjectID] = last
		}
		return checkThread(tx, t, report)
	})
	if err != nil {
		return err
	}
	return kv.Walk(tx.kv, projects.space, kv.Range{}, func(e kv.Entry) error {
		p, err := projects.decode(e.Key, e.Value)
		if err != nil {
			return nil //nolint:nilerr // reported by the table's own check
		}
		if p.ThreadCount != perProject[p.ID] {
			report("projects %s: thread_count is %d, there are %d", p.ID, p.ThreadCount, perProject[p.ID])
		}
		if !p.LastChatAt.Equal(lastChat[p.ID].Time) {
			report("projects %s: last_chat_at is %s, the newest message is of %s", p.ID, p.LastChatAt, lastChat[p.ID])
		}
		return nil
	})
}

func checkThread(tx *Tx, t *Thread, report func(string, ...any)) error {
	is := Thread{}
	err := kv.Walk(tx.kv, messages.space, kv.Prefix(kv.Key(t.ID)), func(e kv.Entry) error {
		m, err := messages.decode(e.Key, e.Value)
		if err == nil {
			is.RowCount++
			is.account(m, +1)
		}
		return nil
	})
	if is.RowCount != t.RowCount || is.MessageCount != t.MessageCount || is.TotalTokens != t.TotalTokens {
		report("threads %s: counts %d rows, %d messages, %d tokens; there are %d, %d, %d", t.ID,
			t.RowCount, t.MessageCount, t.TotalTokens, is.RowCount, is.MessageCount, is.TotalTokens)
	}
	return err
}
