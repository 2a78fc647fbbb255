package store

import (
	"time"

	"github.com/parley-app/parley/store/kv"
)

// A Lease lets one node at a time do a job. Token counts up with every new
// holder, so that a holder who slept past the end can be told from the next.
type Lease struct {
	Job    string `json:"job"`
	Holder string `json:"holder"`
	Token  uint64 `json:"token"`
	Until  Time   `json:"until"`
}

var leases = &table[Lease]{
	space: "leases", noun: "lease",
	key: func(l *Lease) []byte { return kv.Key(l.Job) },
}

// TakeLease gives holder the job for d, also again, and returns the lease; or
// nil while somebody else has it.
func (tx *Tx) TakeLease(job, holder string, d time.Duration) (*Lease, error) {
	l, err := leases.find(tx, kv.Key(job))
	if err != nil && !isDamage(err) {
		return nil, err
	}
	if l == nil {
		l = &Lease{Job: job}
	}
	if l.Holder != holder {
		if tx.Now.Before(l.Until.Time) {
			return nil, nil
		}
		l.Holder = holder
		l.Token++
	}
	l.Until = TimeOf(tx.Now.Add(d))
	return l, leases.put(tx, l)
}

// GiveLease ends a lease early, if holder still has it.
func (tx *Tx) GiveLease(job, holder string) error {
	l, err := leases.find(tx, kv.Key(job))
	if err != nil || l == nil || l.Holder != holder {
		return err
	}
	l.Until = tx.Now
	return leases.put(tx, l)
}
