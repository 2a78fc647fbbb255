package markdown

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestHTML(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"paragraph":     {"Hello *there*", "<p>Hello <em>there</em></p>\n"},
		"code":          {"```go\na < b\n```", "<pre><code class=\"language-go\">a &lt; b\n</code></pre>\n"},
		"link":          {"[x](https://example.org)", `<p><a href="https://example.org" rel="nofollow noreferrer noopener" target="_blank">x</a></p>` + "\n"},
		"script link":   {"[x](javascript:alert(1))", "<p>x</p>\n"},
		"image":         {"![pixel](https://evil.example/a.png)", `<p><a href="https://evil.example/a.png" rel="nofollow noreferrer noopener" target="_blank">pixel</a></p>` + "\n"},
		"a script":      {"<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"},
		"type names":    {"Vec<String> vs List<T>", "<p>Vec&lt;String&gt; vs List&lt;T&gt;</p>\n"},
		"a comment":     {"<!-- to do -->", "<p>&lt;!-- to do --&gt;</p>\n"},
		"a tag first":   {"<div>Hello</div>\nwhy?", "<p>&lt;div&gt;Hello&lt;/div&gt;<br>\nwhy?</p>\n"},
		"broken line":   {"a<br/>b", "<p>a<br>b</p>\n"},
		"script image":  {"![x](javascript:alert(1))", "<p>x</p>\n"},
		"nameless":      {"![](https://a.example/b.png)", `<p><a href="https://a.example/b.png" rel="nofollow noreferrer noopener" target="_blank">image</a></p>` + "\n"},
		"tildes":        {"5~7 or 100~200, ~~gone~~", "<p>5~7 or 100~200, <del>gone</del></p>\n"},
		"formulas":      {`\[ a^2 \] and \(b_1*c*d\) and $x_1 * y_2 * z$`, "<p>\\[ a^2 \\] and \\(b_1*c*d\\) and $x_1 * y_2 * z$</p>\n"},
		"no formula":    {"$5 and **$10**", "<p>$5 and <strong>$10</strong></p>\n"},
		"escapes":       {`\* \[x\] \_`, "<p>* \\[x\\] _</p>\n"},
		"environment":   {"\\begin{align}\na &= b \\\\\n\\end{align}\n\nend", "<p>\\begin{align}<br>\na &amp;= b \\\\<br>\n\\end{align}</p>\n<p>end</p>\n"},
		"blank line":    {"\\[\na\n\nb\n\\]", "<p>\\[<br>\na<br>\n<br>\nb<br>\n\\]</p>\n"},
		"open formula":  {"$$\na\n\n**b**", "<p>$$\na</p>\n<p><strong>b</strong></p>\n"},
		"CJK marks":     {"他说**「重要」**的事，**注意：**請，*斜体（x）*后，~~删（t）~~后", "<p>他说<strong>「重要」</strong>的事，<strong>注意：</strong>請，<em>斜体（x）</em>后，<del>删（t）</del>后</p>\n"},
		"Korean marks":  {`**"제목"**은`, "<p><strong>&#34;제목&#34;</strong>은</p>\n"},
		"underscores":   {"a_b_c __이것__은", "<p>a_b_c __이것__은</p>\n"},
		"right to left": {"- שלום\n\nمرحبا `x` Hello", `<ul dir="auto">` + "\n" + `<li dir="auto">שלום</li>` + "\n</ul>\n" + `<p dir="auto">مرحبا <code dir="ltr">x</code> Hello</p>` + "\n"},
		"table":         {"|a|\n|-|\n|1|", "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n</tr>\n</tbody>\n</table>\n"},
		"non-Latin":     {"**日本** кот", "<p><strong>日本</strong> кот</p>\n"},
		"empty":         {"", ""},
		"list of tasks": {"- [x] done", "<ul>\n<li><input checked=\"\" disabled=\"\" type=\"checkbox\"> done</li>\n</ul>\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := HTML(tt.in); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestAHugeTextIsLeftToItsSource(t *testing.T) {
	for name, in := range map[string]string{
		"long source":             strings.Repeat("a", MaxHTML+1),
		"source that would swell": strings.Repeat("\"", MaxHTML/2),
	} {
		if got := HTML(in); got != "" {
			t.Errorf("%s: %d bytes of HTML", name, len(got))
		}
	}
}

// Texts whose rendering would take minutes are not rendered; long texts of the
// usual kinds are.
func TestWhatIsAffordable(t *testing.T) {
	for name, tt := range map[string]struct {
		unit string
		n    int
		want bool
	}{
		"quotes in quotes":        {">", 50_000, false},
		"quotes, with spaces":     {"> ", 25_000, false},
		"links that never close":  {"[a](", 12_500, false},
		"emphasis without end":    {"*a_ ", 12_500, false},
		"the same, line by line":  {"*a_ \n", 12_500, false},
		"tables of short rows":    {"|x\n", 10_000, true},
		"a megabyte of prose":     {"Some *words*, [a link](https://example.org) and `code`.\n\n", 17_000, true},
		"a long list":             {"- item with **bold** words\n", 3_000, true},
		"a large table":           {"| a | b | c | d |\n", 5_000, true},
		"many paragraphs of them": {strings.Repeat("[", 2_000) + "\n\n", 100, false},
	} {
		if got := affordable(strings.Repeat(tt.unit, tt.n)); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if wide := strings.Repeat("|a", 200) + "\n" + strings.Repeat("|-", 200) + "\n" + strings.Repeat("|x\n", 10_000); affordable(wide) {
		t.Error("a wide table of short rows is affordable")
	}
}

// attacks are what reached other programs of this kind, and what reached nobody;
// the page's renderer is tested with the same.
func attacks(t testing.TB) (list []string) {
	t.Helper()
	b, err := os.ReadFile("testdata/hostile.json")
	if err == nil {
		err = json.Unmarshal(b, &list)
	}
	if err != nil || len(list) < 100 {
		t.Fatalf("%d attacks: %v", len(list), err)
	}
	return list
}

// allowed are the attributes that may come out, by element.
var allowed = map[string]string{
	"a": "href rel target", "code": "class dir", "th": "style dir", "td": "style dir", "ol": "start dir", "ul": "dir", "li": "dir", "p": "dir", "table": "dir",
	"blockquote": "dir", "h1": "dir", "h2": "dir", "input": "type checked disabled",
}

func checkHarmless(t *testing.T, source string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(HTML(source)))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		switch token.Data {
		case "script", "style", "img", "svg", "math", "iframe", "object", "form", "base", "meta", "link":
			if token.Type != html.TextToken {
				t.Errorf("%q lets <%s> through", source, token.Data)
			}
		}
		for _, a := range token.Attr {
			if !strings.Contains(" "+allowed[token.Data]+" ", " "+a.Key+" ") {
				t.Errorf("%q lets %s of <%s> through", source, a.Key, token.Data)
			}
			if value := strings.ToLower(a.Val); a.Key == "href" && !strings.HasPrefix(value, "http") && !strings.HasPrefix(value, "mailto:") {
				t.Errorf("%q lets a link to %q through", source, a.Val)
			}
		}
	}
}

// Attacks stay harmless whole and cut off at every byte, as a stream shows them.
func TestHole07AttacksAreHarmless(t *testing.T) {
	for _, a := range attacks(t) {
		for i := range len(a) + 1 {
			checkHarmless(t, a[:i])
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, a := range attacks(f) {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, s string) { checkHarmless(t, s) })
}
