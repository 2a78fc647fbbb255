// Package inspect says what a file that came from outside is, by its bytes, and
// refuses what it had better not be: a type that nobody allowed, a name that is a
// path, an archive that unpacks into a full disk or into other folders, a picture
// of a billion pixels, one file that is two.
//
// It looks within bounds that it is given, never believes a size that a file
// states of itself, unpacks into nothing but its own temporary files, and knows
// nothing of users, threads or the store.
package inspect

// A RefusalError says, in a sentence for people, why a file is not taken.
type RefusalError struct {
	// BadType says that the type of the file is not allowed; else its content is
	// not safe.
	BadType bool
	Reason  string
}

// Error returns the sentence.
func (r *RefusalError) Error() string { return r.Reason }

func unsafe(reason string) error { return &RefusalError{Reason: reason} }
