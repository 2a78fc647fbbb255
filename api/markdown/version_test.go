package markdown

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// rendered is the SHA-256 of what Version makes of the samples.
const rendered = "2c89ca57fa2b412c9a4f11f284daab70e52c3cacc2d158994d3c3c0cb554a82a"

// Stored messages are rendered again only if Version says so.
func TestVersionIsRaisedWithEveryChangeOfTheHTML(t *testing.T) {
	text, err := os.ReadFile("testdata/hostile.json")
	if err != nil {
		t.Fatal(err)
	}
	var samples []string
	if err := json.Unmarshal(text, &samples); err != nil {
		t.Fatal(err)
	}
	samples = append(samples,
		"# Title\n\nA *b* **c** ~~d~~ 5~7 `e` [f](https://example.org) https://example.org\n\n> quote\n\n1. one\n2. two\n\n- [x] done\n- [ ] open\n\n---",
		"| a | b |\n|---|:-:|\n| 1 | `x|y` |\n\n```go\nfunc main() {}\n```", "$x^2$ and $5 and \\(y\\)\n\n$$\nz\n$$\n\n\\[w\\]",
		"List<String> &amp; <br> <!-- c --> <b>bold</b>", "**「強調」**です。**中文，**好", "שלום *עולם*\n\n- أهلا", "a  \nb\nc\\\nd",
	)
	h := sha256.New()
	for _, s := range samples {
		h.Write([]byte(HTML(s)))
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != rendered {
		t.Errorf("HTML returns something else than before: raise Version, and set rendered to %s", got)
	}
}
