// Package search finds texts by their words. It cuts texts into words, keeps the
// store's index of words up to date, and asks it. It knows nobody's rights: who
// asks says which scopes may be read.
//
// A word is folded: whatever its case, its accents, its width. Of scripts that put
// no spaces between words every two neighbouring characters are one. There is no
// stemming, which would need to know the language; instead the last word of a
// question stands for all that begin so.
package search
