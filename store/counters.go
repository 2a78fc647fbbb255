package store

import "github.com/parley-app/parley/store/kv"

// A children is what the threads of a project come to.
type children struct {
	threads  int
	lastChat Time
}

// checkCounters compares what projects and threads say of their children with
// the children.
func checkCounters(tx *Tx, report *Findings) error {
	per := map[ID]children{}
	err := kv.Walk(tx.kv, threads.space, kv.Range{}, func(e kv.Entry) error {
		t, err := threads.decode(e.Key, e.Value)
		if err != nil {
			return nil //nolint:nilerr // reported by the table's own check
		}
		per[t.ProjectID] = per[t.ProjectID].with(t)
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
		is := per[p.ID]
		if p.ThreadCount != is.threads {
			report.derived("projects %s: thread_count is %d, there are %d", p.ID, p.ThreadCount, is.threads)
		}
		if !p.LastChatAt.Equal(is.lastChat.Time) {
			report.derived("projects %s: last_chat_at is %s, the newest message is of %s", p.ID, p.LastChatAt, is.lastChat)
		}
		return nil
	})
}

// with counts t too.
func (c children) with(t *Thread) children {
	c.threads++
	if last := at(t.LastMessage); last.After(c.lastChat.Time) {
		c.lastChat = last
	}
	return c
}

func checkThread(tx *Tx, t *Thread, report *Findings) error {
	is, err := tx.counted(t)
	if err != nil {
		return err
	}
	if is.RowCount != t.RowCount || is.MessageCount != t.MessageCount || is.TotalTokens != t.TotalTokens {
		report.derived("threads %s: counts %d rows, %d messages, %d tokens; there are %d, %d, %d", t.ID,
			t.RowCount, t.MessageCount, t.TotalTokens, is.RowCount, is.MessageCount, is.TotalTokens)
	}
	if is.SummaryCount != t.SummaryCount {
		report.derived("threads %s: summary_count is %d, there are %d", t.ID, t.SummaryCount, is.SummaryCount)
	}
	if is.LastMessage != t.LastMessage {
		report.derived("threads %s: last_message is %s, the newest is %s", t.ID, idOf(t.LastMessage), idOf(is.LastMessage))
	}
	if !is.LastSummaryAt.Equal(t.LastSummaryAt.Time) {
		report.derived("threads %s: last_summary_at is %s, the newest summary is of %s", t.ID, t.LastSummaryAt, is.LastSummaryAt)
	}
	if is.SavedTokens != t.SavedTokens {
		report.derived("threads %s: says that its newest summary spares %d tokens; it spares %d", t.ID, t.SavedTokens, is.SavedTokens)
	}
	if !is.LastActivityAt.Equal(t.LastActivityAt.Time) {
		report.derived("threads %s: last_activity_at is %s, the newest message is of %s", t.ID, t.LastActivityAt, is.LastActivityAt)
	}
	return nil
}

func idOf(m *LastMessage) ID {
	if m == nil {
		return ID{}
	}
	return m.ID
}

// counted returns t as it should be by the messages and summaries there are.
func (tx *Tx) counted(t *Thread) (is Thread, err error) {
	is = *t
	is.RowCount, is.MessageCount, is.TotalTokens = 0, 0, 0
	var newest *Message
	err = kv.Walk(tx.kv, messages.space, kv.Prefix(kv.Key(t.ID)), func(e kv.Entry) error {
		m, err := messages.decode(e.Key, e.Value)
		if err != nil {
			return nil //nolint:nilerr // reported by the table's own check
		}
		is.RowCount++
		is.account(m, +1)
		if m.isSaid() {
			newest = m
		}
		return nil
	})
	if err != nil {
		return is, err
	}
	if newest == nil || t.LastMessage == nil || newest.ID != t.LastMessage.ID || !newest.CreatedAt.Equal(t.LastMessage.CreatedAt.Time) {
		is.LastMessage = lastMessage(newest)
	}
	if last := at(is.LastMessage); is.LastMessage != nil && !last.Equal(t.LastActivityAt.Time) {
		is.LastActivityAt = last
	}
	return is, tx.countSummaries(&is)
}

// countSummaries sets what is says of its summaries. The newest is that with the
// last id; but whenever the clock had been set back, older releases took the one
// with the last time, and that stays.
func (tx *Tx) countSummaries(is *Thread) error {
	was := is.LastSummaryAt
	is.SummaryCount, is.LastSummaryAt, is.SavedTokens = 0, Time{}, 0
	known := false
	err := kv.Walk(tx.kv, summaries.index("thread").space, kv.Prefix(kv.Key(is.ID)), func(e kv.Entry) error {
		is.SummaryCount++
		s, err := summaries.find(tx, e.Value)
		if err != nil || s == nil {
			known = true // it is damaged, which has been reported, and may be the one
			return nil   //nolint:nilerr // see above
		}
		is.LastSummaryAt, is.SavedTokens = s.tells()
		known = known || s.CreatedAt.Equal(was.Time)
		return nil
	})
	if known {
		is.LastSummaryAt = was
	}
	return err
}
