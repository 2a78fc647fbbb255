package api

import (
	"sync"

	"github.com/parley-app/parley/api/hub"
	"github.com/parley-app/parley/store"
)

// An audiences remembers the topics of those who are in a project: every message tells
// all of them, and they hardly change.
type audiences struct {
	mu       sync.Mutex
	projects map[store.ID]audience
}

// An audience counts as long as store.Tx.Members is the number that it was read with.
type audience struct {
	members uint64
	topics  []string // not to be changed
}

// maxAudiences keeps them at some megabytes, also where projects are large.
const maxAudiences = 256

// of returns the topics of the members of project. tx is an Update's.
func (a *audiences) of(tx *store.Tx, project store.ID) ([]string, error) {
	members := tx.Members()
	a.mu.Lock()
	known, ok := a.projects[project]
	a.mu.Unlock()
	if ok && known.members == members {
		return known.topics, nil
	}
	list, err := tx.MemberIDs(project)
	if err != nil {
		return nil, err
	}
	topics := make([]string, len(list))
	for i, user := range list {
		topics[i] = hub.UserTopic(user.String())
	}
	a.keep(project, audience{members, topics})
	return topics, nil
}

func (a *audiences) keep(project store.ID, who audience) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.projects == nil {
		a.projects = map[store.ID]audience{}
	}
	store.MakeRoom(a.projects, maxAudiences)
	a.projects[project] = who
}
