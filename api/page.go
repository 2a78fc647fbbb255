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
	ways := 0
	for _, given := range []bool{offset != nil, !before.IsZero(), !after.IsZero()} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return p, store.Errorf(store.CodeConflictingPages, "give one of offset, before and after")
	}
	if offset != nil {
		p.Offset = *offset
	}
	return p, nil
}
