package store

import "slices"

// A Page says which part of a list is asked for whose items have ids.
type Page = PageBy[ID]

// A PageBy says which part of a list is asked for: Limit items after an Offset,
// or after or before the item with a key (exclusive). At most one of Offset,
// After and Before is set; the verbs see to that.
type PageBy[K comparable] struct {
	Limit         int
	Offset        int
	After, Before K
}

// Cut returns the part of a whole list that p asks for and whether there is more
// beyond it in the direction that it was walked: with Before what precedes it. key
// tells items apart.
func Cut[T any, K comparable](list []T, p PageBy[K], key func(T) K) (page []T, more bool, err error) {
	at := func(want K) int { return slices.IndexFunc(list, func(x T) bool { return key(x) == want }) }
	from, to := min(p.Offset, len(list)), len(list)
	var none K
	switch {
	case p.After != none:
		if from = at(p.After) + 1; from == 0 {
			return nil, false, unknownCursor()
		}
	case p.Before != none:
		if to = at(p.Before); to < 0 {
			return nil, false, unknownCursor()
		}
		from = max(0, to-p.Limit)
		return list[from:to], from > 0, nil
	}
	to = min(to, from+p.Limit)
	return list[from:to], to < len(list), nil
}

func unknownCursor() error {
	return &Error{Code: CodeUnknownCursor, Message: "the cursor is not an item of this list"}
}
