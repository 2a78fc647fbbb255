package markdown

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	shows := func(address string) bool { return strings.Contains(address, "roses") }
	for name, tt := range map[string]struct{ in, want string }{
		"emphasis":                {"**bold**, *slanted*, __both__ and ~~gone~~", "bold, slanted, both and gone"},
		"emphasis over lines":     {"**bold\nover lines**", "bold\nover lines"},
		"no emphasis":             {"5 * 3 * 2, snake_case_name and *.go", "5 * 3 * 2, snake_case_name and *.go"},
		"headings":                {"# One #\n\nTwo\n===\n\n#tag", "One\nTwo\n#tag"},
		"lists":                   {"- a\n  - b\n\n1. c\n\n- [x] done", "a\nb\n\n\n\nc\n\n\n\ndone"},
		"quote and rule":          {"> said\n\n---\n\nafter", "said\n\n\nafter"},
		"code":                    {"use `a*b*c` so:\n\n```go\nx := *p // **not** bold\n```", "use a*b*c so:\nx := *p // **not** bold"},
		"a fence that never ends": {"```\na **b**", "a **b**"},
		"links":                   {"[one](https://example.org/x \"t\"), <https://a.example>, https://b.example, [two][ref]\n\n[ref]: /y", "one, https://a.example, https://b.example, two"},
		"a link that is asked":    {"[one](https://example.org/roses)", "one (https://example.org/roses)"},
		"image":                   {"![a bed of roses](/roses.png)", "a bed of roses (/roses.png)"},
		"not a link":              {"a[0](x", "a[0](x"},
		"table":                   {"| a | b |\n|---|:-:|\n| `1` | **2** |", "a b \n1 2"},
		"HTML":                    {"<b>pruned</b>\n\n<div>\nin a block\n</div>", "<b>pruned</b>\n<div>\nin a block\n</div>"},
		"escapes and entities":    {`\*not\* &amp; &#65;`, "*not* & A"},
		"code keeps them":         {"`\\* &amp;`", `\* &amp;`},
		"nothing":                 {"", ""},
		"unaffordable":            {strings.Repeat(">", 50_000), strings.Repeat(">", 50_000)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := squeezed(Text(tt.in, shows)); got != squeezed(tt.want) {
				t.Errorf("got  %q\nwant %q", got, squeezed(tt.want))
			}
		})
	}
	if got := Text("[one](https://example.org/roses)", nil); got != "one" {
		t.Errorf("without addresses: %q", got)
	}
}

// squeezed has one line end where there were several.
func squeezed(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' }), "\n")
}

func FuzzText(f *testing.F) {
	f.Add("# a **b** [c](d)\n\n|x|\n|-|\n|`y`|\n<i>")
	f.Fuzz(func(t *testing.T, s string) { Text(s, func(string) bool { return true }) })
}
