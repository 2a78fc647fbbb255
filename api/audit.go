package api

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/parley-app/parley/store"
)

// details are what an audit entry says beside who, when and what about: words
// that name what changed, never content and never secrets.
type details map[string]string

// changed names what a request changes.
func changed(fields map[string]bool) details {
	var names []string
	for name, is := range fields {
		if is {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return details{"changed": strings.Join(names, " ")}
}

// note adds to the audit what who does in tx.
func (a *API) note(tx *store.Tx, who Actor, action string, subject store.ID, d details) error {
	return tx.AddAudit(who.entry(action, subject, d))
}

func (who Actor) entry(action string, subject store.ID, d details) *store.AuditEntry {
	e := &store.AuditEntry{UserID: who.UserID, Username: who.Username, Address: who.Address, Action: action, SubjectID: subject, Details: d}
	if !who.KeyID.IsZero() {
		e.Details = details{"api_key": who.KeyID.String()}
		maps.Copy(e.Details, d)
	}
	return e
}

// An act is an administrator's request, which the audit must tell of. It is in the
// context of the verb: update writes it in the transaction of the change itself.
type act struct {
	who     Actor
	action  string
	subject store.ID
	details details
	written bool
}

type actKey struct{}

// Administer runs do, which an administrator asks for, and sees to it that the
// audit has an entry of it, whatever do is: what changes the store is noted in the
// same transaction, anything else afterwards. What cannot be noted fails. Who is no
// administrator is forbidden, and not noted. subject may be zero.
func (a *API) Administer(ctx context.Context, who Actor, action string, subject store.ID, do func(context.Context) error) error {
	if err := who.admin(); err != nil {
		return err
	}
	act := &act{who: who, action: action, subject: subject}
	err := do(context.WithValue(ctx, actKey{}, act))
	if act.written {
		return err
	}
	if err != nil {
		act.say(details{"failed": string(store.CodeOf(err))})
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	noted := a.store.Update(store.InReserve(ctx), act.write)
	if noted != nil && err != nil {
		a.log.ErrorContext(ctx, "the audit could not be written", "action", action, "user", who.UserID, "err", noted)
		return err
	}
	return orElse(err, noted)
}

const auditTimeout = 5 * time.Second

// update is store.Update for verbs that an administrator may have asked for: the
// act that ctx has is noted with what fn changes, or neither.
func (a *API) update(ctx context.Context, fn func(*store.Tx) error) error {
	act, _ := ctx.Value(actKey{}).(*act)
	if act == nil {
		return a.store.Update(ctx, fn)
	}
	err := a.store.Update(ctx, func(tx *store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return act.write(tx)
	})
	act.written = act.written || err == nil
	return err
}

// about says more of the act that ctx has: what it made or changed. In update's fn
// it may be called again and again: the last word counts.
func about(ctx context.Context, subject store.ID, d details) {
	if act, _ := ctx.Value(actKey{}).(*act); act != nil {
		act.subject = subject
		act.say(d)
	}
}

// note is API.note for what knows no API: it notes the act that ctx has, or else
// what who does.
func note(ctx context.Context, tx *store.Tx, who Actor, action string, subject store.ID, d details) error {
	act, _ := ctx.Value(actKey{}).(*act)
	if act == nil {
		return tx.AddAudit(who.entry(action, subject, d))
	}
	about(ctx, subject, d)
	if err := act.write(tx); err != nil {
		return err
	}
	return tx.AfterCommit(func() { act.written = true })
}

func (x *act) say(d details) { x.details = d }

func (x *act) write(tx *store.Tx) error {
	return tx.AddAudit(x.who.entry(x.action, x.subject, x.details))
}

// A sieve keeps strangers from filling the disk with sign-ins that fail: of a
// flood it lets some through, and the next entry says how many it did not.
type sieve struct {
	mu     sync.Mutex
	lets   *rate.Limiter
	missed int
}

// Of failed sign-ins so many are noted one by one, and then so many a minute.
const (
	failuresAtOnce    = 120
	failuresPerMinute = 6
)

func newSieve() *sieve {
	return &sieve{lets: rate.NewLimiter(rate.Limit(failuresPerMinute)/60, failuresAtOnce)}
}

// pass says whether the next one is to be noted, and how many were not before it.
func (s *sieve) pass(now time.Time) (ok bool, missed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.lets.AllowN(now, 1) {
		s.missed++
		return false, 0
	}
	missed, s.missed = s.missed, 0
	return true, missed
}

// noteFailure tells the audit of a sign-in that failed, and the person whose account
// it is by a notice. u is whose it would have been, nil if there is no such account:
// what was typed is not told, as it may well be a password.
func (a *API) noteFailure(ctx context.Context, who Actor, u *store.User) error {
	now := a.o.Now()
	unnoticed := 0
	if u != nil {
		unnoticed = a.failed.add(u.ID, who.Address, now)
	}
	noted, missed := a.failures.pass(now)
	if !noted && unnoticed == 0 {
		return nil
	}
	d := details{"agent": clip(who.Agent, 300)}
	if missed > 0 {
		d["not_noted"] = itoa(missed)
	}
	e := store.AuditEntry{Address: who.Address, Action: "sign_in_failed", Details: d}
	if u != nil {
		e.UserID, e.Username, e.SubjectID = u.ID, u.Username, u.ID
	} else {
		d["account"] = "none"
	}
	return a.store.Update(store.InReserve(ctx), func(tx *store.Tx) error {
		if unnoticed > 0 {
			err := a.notifyFailures(tx, u.ID, unnoticed, who.Address)
			if err != nil && store.CodeOf(err) != store.CodeNotFound { // deleted meanwhile
				return err
			}
		}
		if !noted {
			return nil
		}
		fresh := e
		return tx.AddAudit(&fresh)
	})
}
