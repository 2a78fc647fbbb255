package api

import (
	"context"
	"runtime"

	"github.com/parley-app/parley/store"
)

// A Keeper looks after the data of an instance. It is the program around the verbs
// that has one; its methods are safe for concurrent use.
type Keeper interface {
	// Backups returns what is in the folder of backups, the newest first.
	Backups() ([]Backup, error)
	// MakeBackup puts the whole instance into one file of that folder and proves
	// that it is good.
	MakeBackup(ctx context.Context) (*Backup, error)
	// StoreSize is how many bytes the store takes on its disk.
	StoreSize() (int64, error)
}

// A Backup is the whole instance in one file.
type Backup struct {
	Name   string     `json:"name" doc:"Of the file in the folder of backups; the cursor of their list"`
	Size   int64      `json:"size" doc:"Bytes"`
	MadeAt store.Time `json:"made_at"`
}

// BackupList is a page of the backups, the newest first.
type BackupList struct {
	Backups []Backup `json:"backups"`
	Total   int      `json:"total"`
	HasMore bool     `json:"has_more"`
}

func (a *API) keeper(who Actor) (Keeper, error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	if a.o.Keeper == nil {
		return nil, store.Errorf(store.CodeUnavailable, "this instance has no folder of backups")
	}
	return a.o.Keeper, nil
}

// ListBackups returns a page of the backups that there are.
func (a *API) ListBackups(_ context.Context, who Actor, in NamedPageInput) (*BackupList, error) {
	k, err := a.keeper(who)
	if err != nil {
		return nil, err
	}
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	list, err := k.Backups()
	if err != nil {
		return nil, err
	}
	out := &BackupList{Total: len(list)}
	list, out.HasMore, err = store.Cut(list, page, func(b Backup) string { return b.Name })
	out.Backups = append([]Backup{}, list...)
	return out, err
}

// CreateBackup makes a backup; it returns when that has been proven good.
func (a *API) CreateBackup(ctx context.Context, who Actor, _ Nothing) (*Backup, error) {
	k, err := a.keeper(who)
	if err != nil {
		return nil, err
	}
	b, err := k.MakeBackup(ctx)
	if err == nil {
		about(ctx, store.ID{}, details{"name": b.Name})
	}
	return b, err
}

// An InstanceStatus is how the instance is, for who runs it.
type InstanceStatus struct {
	Version      string      `json:"version"`
	GoVersion    string      `json:"go_version"`
	StartedAt    store.Time  `json:"started_at"`
	Health       Health      `json:"health"`
	Registration string      `json:"registration" enum:"closed,invite,open"`
	Users        UserCount   `json:"users"`
	Projects     int         `json:"projects"`
	Threads      int         `json:"threads"`
	Sockets      int         `json:"sockets" doc:"Open now"`
	Answers      int         `json:"answers" doc:"Being written now"`
	StoreBytes   int64       `json:"store_bytes"`
	Disk         *DiskStatus `json:"disk" doc:"null: not known"`
	LastBackup   *Backup     `json:"last_backup" doc:"null: there is none"`
	AuditEntries int         `json:"audit_entries"`
}

// A UserCount says how many users there are.
type UserCount struct {
	Total    int `json:"total"`
	Admins   int `json:"admins" doc:"Who can sign in"`
	Disabled int `json:"disabled"`
}

// A DiskStatus is the room on the disk of the data folder.
type DiskStatus struct {
	FreeBytes    int64 `json:"free_bytes"`
	ReserveBytes int64 `json:"reserve_bytes" doc:"Below which nothing new is stored"`
}

// Status returns how the instance is.
func (a *API) Status(ctx context.Context, who Actor, _ Nothing) (*InstanceStatus, error) {
	if err := who.admin(); err != nil {
		return nil, err
	}
	health, err := a.CheckHealth(ctx)
	if err != nil {
		return nil, err
	}
	live := a.hub.Stats()
	out := &InstanceStatus{
		Version: a.o.Version, GoVersion: runtime.Version(), StartedAt: store.TimeOf(a.began), Health: health,
		Registration: a.Registration(), Sockets: live.Connections, Answers: live.Answers,
	}
	if free, reserve, ok := a.store.Disk(); ok {
		out.Disk = &DiskStatus{free, reserve}
	}
	if err := a.keeperStatus(out); err != nil {
		return nil, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) (err error) {
		if out.Users, err = countUsers(tx); err != nil {
			return err
		}
		if out.Projects, out.Threads, err = tx.CountProjects(); err != nil {
			return err
		}
		_, out.AuditEntries, _, err = tx.ListAudit(store.AuditQuery{})
		return err
	})
	return out, err
}

func (a *API) keeperStatus(out *InstanceStatus) (err error) {
	if a.o.Keeper == nil {
		return nil
	}
	if out.StoreBytes, err = a.o.Keeper.StoreSize(); err != nil {
		return err
	}
	list, err := a.o.Keeper.Backups()
	if err == nil && len(list) > 0 {
		out.LastBackup = &list[0]
	}
	return err
}

func countUsers(tx *store.Tx) (n UserCount, err error) {
	_, err = tx.CountUsers(func(u *store.User) bool {
		n.Total++
		if runs(u) {
			n.Admins++
		}
		if u.IsDisabled {
			n.Disabled++
		}
		return true
	})
	return n, err
}
