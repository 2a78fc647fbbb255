package api

import (
	"strings"
	"testing"
)

func TestIsUsername(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "7": true, "ann": true, "Ann.B-c_9": true, "Zoë": true, "кот": true, "日本": true, "½": true, strings.Repeat("ä", 50): true,
		"": false, ".ann": false, "-ann": false, "_": false, "ann b": false, "ann@b": false, "a/b": false, "a\x00": false, "\xff": false, "a\xff": false,
		"a\u202eb": false, "a\n": false, strings.Repeat("ä", 51): false, "a😀": false,
	} {
		if got := isUsername(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
