package api

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/parley-app/parley/store"
)

// countUsage notes what an answer took for who asked. Of a deleted user there is
// nobody to note it for.
func countUsage(tx *store.Tx, m *store.Message, promptTokens, completionTokens int) error {
	if _, err := tx.User(m.UserID); err != nil {
		if store.CodeOf(err) == store.CodeNotFound {
			err = nil
		}
		return err
	}
	return tx.AddUsage(&store.Usage{
		Day: dayOf(tx.Now.Time), UserID: m.UserID, Model: m.ModelUsed, Answers: 1, PromptTokens: promptTokens, CompletionTokens: completionTokens,
	})
}

const dayFormat = "2006-01-02"

func dayOf(t time.Time) string { return t.UTC().Format(dayFormat) }

// UsageInput selects days (UTC), and a page of what was had in them.
type UsageInput struct {
	From string `query:"from" pattern:"^\\d{4}-\\d\\d-\\d\\d$" doc:"The first day (UTC), such as 2026-11-22; without it, 29 days before the last"`
	To   string `query:"to" pattern:"^\\d{4}-\\d\\d-\\d\\d$" doc:"The last day; without it, today"`
	NamedPageInput
}

// usageDays is how many days are told when nobody says which.
const usageDays = 30

// days returns the first day, the last, and the one after it.
func (in UsageInput) days(now time.Time) (from, to, end string, err error) {
	to = cmp.Or(in.To, dayOf(now))
	last, err := time.Parse(dayFormat, to)
	if err != nil {
		return "", "", "", store.Invalid("query.to", "must be a day such as 2026-11-22")
	}
	from = cmp.Or(in.From, dayOf(last.AddDate(0, 0, 1-usageDays)))
	if _, err := time.Parse(dayFormat, from); err != nil {
		return "", "", "", store.Invalid("query.from", "must be a day such as 2026-11-22")
	}
	if from > to {
		return "", "", "", store.Invalid("query.from", "must not be after query.to")
	}
	return from, to, dayOf(last.AddDate(0, 0, 1)), nil
}

// A DayUsage is what somebody had of a model on a day.
type DayUsage struct {
	Cursor           string `json:"cursor" doc:"Names the row for before and after"`
	Day              string `json:"day" doc:"UTC"`
	Model            string `json:"model"`
	Answers          int    `json:"answers"`
	PromptTokens     int    `json:"prompt_tokens"`
	CompletionTokens int    `json:"completion_tokens"`
}

// UsageList is what the caller had, the newest day first.
type UsageList struct {
	Usage   []DayUsage `json:"usage"`
	From    string     `json:"from"`
	To      string     `json:"to"`
	Sum     UsageSum   `json:"sum" doc:"Of all rows, not of the page alone"`
	Total   int        `json:"total"`
	HasMore bool       `json:"has_more"`
}

// A UsageSum adds up what was had.
type UsageSum struct {
	Answers          int `json:"answers"`
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
}

func (s *UsageSum) add(u *store.Usage) {
	s.Answers += u.Answers
	s.PromptTokens += u.PromptTokens
	s.CompletionTokens += u.CompletionTokens
}

// Usage returns what the caller had of the models, by day and model.
func (a *API) Usage(ctx context.Context, who Actor, in UsageInput) (*UsageList, error) {
	if err := who.signedIn(); err != nil {
		return nil, err
	}
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	out := &UsageList{}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		from, to, end, err := in.days(tx.Now.Time)
		if err != nil {
			return err
		}
		list, err := tx.UsageOf(who.UserID, from, end)
		if err != nil {
			return err
		}
		*out = UsageList{Usage: []DayUsage{}, From: from, To: to, Total: len(list)}
		for _, u := range list {
			out.Sum.add(u)
		}
		slices.Reverse(list)
		list, out.HasMore, err = store.Cut(list, page, dayCursor)
		for _, u := range list {
			out.Usage = append(out.Usage, DayUsage{dayCursor(u), u.Day, u.Model, u.Answers, u.PromptTokens, u.CompletionTokens})
		}
		return err
	})
	return out, err
}

// dayCursor names a row of somebody's usage.
func dayCursor(u *store.Usage) string { return u.Day + "/" + u.Model }

// A UserUsage is what a user had of a model in some days.
type UserUsage struct {
	Cursor           string   `json:"cursor" doc:"Names the row for before and after"`
	UserID           store.ID `json:"user_id"`
	Username         string   `json:"username"`
	DisplayName      string   `json:"display_name"`
	Model            string   `json:"model"`
	Answers          int      `json:"answers"`
	PromptTokens     int      `json:"prompt_tokens"`
	CompletionTokens int      `json:"completion_tokens"`
}

// InstanceUsage is what everybody had, who had the most tokens first.
type InstanceUsage struct {
	Usage   []*UserUsage `json:"usage"`
	From    string       `json:"from"`
	To      string       `json:"to"`
	Sum     UsageSum     `json:"sum" doc:"Of all rows, not of the page alone"`
	Total   int          `json:"total"`
	HasMore bool         `json:"has_more"`
}

// AdminUsage returns what everybody had of the models, by user and model.
func (a *API) AdminUsage(ctx context.Context, who Actor, in UsageInput) (*InstanceUsage, error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	out := &InstanceUsage{}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		from, to, end, err := in.days(tx.Now.Time)
		if err != nil {
			return err
		}
		*out = InstanceUsage{From: from, To: to}
		list, err := sumUsage(tx, from, end, &out.Sum)
		if err != nil {
			return err
		}
		out.Total = len(list)
		list, out.HasMore, err = store.Cut(list, page, func(u *UserUsage) string { return u.Cursor })
		if err != nil {
			return err
		}
		out.Usage = append([]*UserUsage{}, list...)
		for _, u := range out.Usage {
			by, err := userOf(tx, u.UserID)
			if err != nil {
				return err
			}
			if by != nil {
				u.Username, u.DisplayName = by.Username, by.Name()
			}
		}
		return nil
	})
	return out, err
}

// sumUsage adds up the days for each user and model.
func sumUsage(tx *store.Tx, from, end string, sum *UsageSum) ([]*UserUsage, error) {
	type key struct {
		user  store.ID
		model string
	}
	per := map[key]*UserUsage{}
	err := tx.EachUsage(from, end, func(u *store.Usage) error {
		sum.add(u)
		row := per[key{u.UserID, u.Model}]
		if row == nil {
			row = &UserUsage{Cursor: u.UserID.String() + "/" + u.Model, UserID: u.UserID, Model: u.Model}
			per[key{u.UserID, u.Model}] = row
		}
		row.Answers += u.Answers
		row.PromptTokens += u.PromptTokens
		row.CompletionTokens += u.CompletionTokens
		return nil
	})
	list := slices.SortedFunc(maps.Values(per), func(a, b *UserUsage) int {
		return cmp.Or(
			cmp.Compare(b.PromptTokens+b.CompletionTokens, a.PromptTokens+a.CompletionTokens),
			a.UserID.Compare(b.UserID), cmp.Compare(a.Model, b.Model),
		)
	})
	return list, err
}
