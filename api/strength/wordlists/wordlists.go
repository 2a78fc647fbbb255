// Package wordlists keeps the lists of common passwords, words and names that the
// estimator zxcvbn comes with, and keeps that from making maps of them at every start.
//
// Those maps cost 30 ms of each start and 10 MB for as long as the process lives, and are
// asked for when somebody sets a password. This package imports nothing but the lists,
// and its path stands before that of the package which makes the maps: by the language's
// rules (Package initialization) it is initialised between the two, and takes the lists
// away. A test holds that against the toolchain. Were it otherwise nothing would be wrong
// but the time and the memory.
package wordlists

import "github.com/trustelem/zxcvbn/frequency"

var lists = take()

func take() map[string][]string {
	taken := frequency.FrequencyLists
	frequency.FrequencyLists = map[string][]string{}
	return taken
}

// All returns the lists by their names, the likeliest words first. They must not be
// modified.
func All() map[string][]string { return lists }
