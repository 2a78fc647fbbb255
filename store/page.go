package store

// A Page says which part of a list is asked for: Limit items after an Offset,
// or after or before the item with an id (exclusive). At most one of Offset,
// After and Before is set; the verbs see to that.
type Page struct {
	Limit         int
	Offset        int
	After, Before ID
}

func unknownCursor() error {
	return &Error{Code: CodeUnknownCursor, Message: "the cursor is not an item of this list"}
}
