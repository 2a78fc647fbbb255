package api

import (
	"context"

	"github.com/parley-app/parley/store"
)

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

// NamedPageInput is PageInput for lists whose items have no ids: their cursors are
// texts.
type NamedPageInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items on the page"`
	Offset *int   `query:"offset" minimum:"0" maximum:"1000000" doc:"Items to skip; not with a cursor"`
	Before string `query:"before" minLength:"1" maxLength:"1000" doc:"Items that precede the one with this cursor"`
	After  string `query:"after" minLength:"1" maxLength:"1000" doc:"Items that follow the one with this cursor"`
}

func (in NamedPageInput) page() (store.PageBy[string], error) {
	return pageOf(in.Limit, 50, in.Offset, in.Before, in.After)
}

func pageOf[K comparable](limit, standard int, offset *int, before, after K) (store.PageBy[K], error) {
	var none K
	p := store.PageBy[K]{Limit: limit, Before: before, After: after}
	orDefault(&p.Limit, standard)
	if offset != nil {
		p.Offset = *offset
	}
	return p, oneWay(offset != nil, before != none, after != none)
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

// A lister finds a page of a list, and says how many items the list has and whether
// there are more of them in the direction of the walk.
type lister[T any] func(*store.Tx, store.Page) (page []T, total int, more bool, err error)

// whole makes a lister of what finds all items at once.
func whole[T any](find func(*store.Tx) ([]T, error), id func(T) store.ID) lister[T] {
	return func(tx *store.Tx, p store.Page) (page []T, total int, more bool, err error) {
		list, err := find(tx)
		if err != nil {
			return nil, 0, false, err
		}
		page, more, err = store.Cut(list, p, id)
		return page, len(list), more, err
	}
}

// listed is what every verb that lists has in common: the page that in asks for,
// never nil, as view shows its items.
func listed[T, V any](
	ctx context.Context, a *API, in PageInput, list lister[T], view func(*store.Tx, T) (V, error),
) (views []V, total int, more bool, err error) {
	page, err := in.page()
	if err != nil {
		return nil, 0, false, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) error {
		var items []T
		if items, total, more, err = list(tx, page); err != nil {
			return err
		}
		views = make([]V, len(items))
		for i, item := range items {
			if views[i], err = view(tx, item); err != nil {
				return err
			}
		}
		return nil
	})
	return views, total, more, err
}

// asIs shows an item of a list as it is.
func asIs[T any](_ *store.Tx, item T) (T, error) { return item, nil }
