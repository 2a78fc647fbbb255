package api

import "github.com/parley-app/parley/store"

// PageInput is how every list is asked for a part of itself. Lists with other
// defaults have an input of their own.
type PageInput struct {
	Limit  int      `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items on the page"`
	Offset *int     `query:"offset" minimum:"0" maximum:"1000000" doc:"Items to skip; not with a cursor"`
	Before store.ID `query:"before" doc:"Items that precede this one"`
	After  store.ID `query:"after" doc:"Items that follow this one"`
}

func (in PageInput) page() (store.Page, error) {
	return pageOf(in.Limit, 50, in.Offset, in.Before, in.After)
}

func pageOf(limit, standard int, offset *int, before, after store.ID) (store.Page, error) {
	p := store.Page{Limit: limit, Before: before, After: after}
	orDefault(&p.Limit, standard)
	if offset != nil {
		p.Offset = *offset
	}
	return p, oneWay(offset != nil, !before.IsZero(), !after.IsZero())
}

// oneWay refuses a page that is asked for in more than one way.
func oneWay(given ...bool) error {
	ways := 0
	for _, is := range given {
		if is {
			ways++
		}
	}
	if ways > 1 {
		return store.Errorf(store.CodeConflictingPages, "give one of offset, before and after")
	}
	return nil
}
