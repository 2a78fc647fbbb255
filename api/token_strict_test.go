package api_test

import (
	"strings"
	"testing"

	"github.com/parley-app/parley/api"
)

// A token has one spelling: the bits that the last character of each part has to spare
// are zero.
func TestTokensHaveOneSpelling(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	w := newWorld(t)
	token := w.setUp().AccessToken
	must(w.authenticate(token))(t)
	parts := strings.Split(token, ".")
	for i, part := range parts {
		for _, last := range alphabet {
			other := append([]string{}, parts...)
			other[i] = part[:len(part)-1] + string(last)
			if spelled := strings.Join(other, "."); spelled != token {
				if _, err := w.api.Authenticate(t.Context(), api.Credential{Token: spelled}); err == nil {
					t.Errorf("part %d may end with %c", i, last)
				}
			}
		}
		other := append([]string{}, parts...)
		other[i] += "="
		if _, err := w.authenticate(strings.Join(other, ".")); err == nil {
			t.Errorf("part %d may be padded", i)
		}
	}
}
