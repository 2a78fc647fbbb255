package llm

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// shelf is a Library of a slice.
type shelf []Passage

func (s shelf) Passages(_ context.Context, fn func(Passage) error) error {
	for _, p := range s {
		if err := fn(p); err != nil {
			return err
		}
	}
	return nil
}

const manual = `# Running the harbour

The harbour opens at six in the morning. Boats wait outside until then.

## Fuel

Fuel is sold on pier 3. To fill a tank, run:

` + "```sh" + `
pump --pier 3 --litres 200

pump --stop
` + "```" + `

| Boat | Berth | Fee |
|------|-------|-----|
| Anna | 17 | 12 € |
| Möwe | 4 | 8 € |

## 港口

港口早上六点开放。船只在外面等待。燃料在三号码头出售。

## Порт

Порт открывается в шесть утра.`

var books = shelf{
	{"bob, 4 May 2026", "I think the weather is fine today."},
	{"ann, 3 May 2026", "We moved the summer party to the boathouse, on Friday at seven."},
	{"manual.md", manual},
}

func askBuiltin(t *testing.T, lib Library, question string) string {
	t.Helper()
	var b strings.Builder
	res, err := (&Builtin{}).Stream(t.Context(), Request{Library: lib, Messages: []Message{
		{RoleUser, "an older question about zebras"}, {RoleAssistant, "an older answer"}, {RoleUser, question},
	}}, func(d Delta) { b.WriteString(d.Text) })
	if err != nil || res != (Result{Model: "builtin", FinishReason: "stop"}) {
		t.Fatalf("%+v, %v", res, err)
	}
	if !strings.HasPrefix(b.String(), notice) || !strings.Contains(b.String(), "OPENAI_BASE_URL") {
		t.Errorf("does not say what it is: %q", b.String())
	}
	return b.String()
}

// quoted takes the block quotes out of an answer, without what marks them.
func quoted(answer string) (quotes []string) {
	var open []string
	for line := range strings.SplitSeq(answer+"\n", "\n") {
		if rest, ok := strings.CutPrefix(line, ">"); ok {
			open = append(open, strings.TrimPrefix(rest, " "))
		} else if open != nil {
			quotes = append(quotes, strings.Join(open, "\n"))
			open = nil
		}
	}
	return quotes
}

func TestBuiltinFinds(t *testing.T) {
	for question, want := range map[string]string{
		"When does the harbour open?":           "The harbour opens at six in the morning.",
		"Where is the party?":                   "We moved the summer party to the boathouse, on Friday at seven.",
		"how do I stop the pump":                "pump --stop",
		"What is the fee for a boat like Möwe?": "| Möwe | 4 | 8 € |",
		"fuels?":                                "Fuel is sold on pier 3.",
		"港口什么时候开放？":                             "港口早上六点开放。",
		"когда открывается порт":                "Порт открывается в шесть утра.",
		"WEATHER": "I think the weather is fine today.",
	} {
		answer := askBuiltin(t, books, question)
		qs := quoted(answer)
		if len(qs) == 0 || !strings.Contains(qs[0], want) {
			t.Errorf("%s\nanswered %q", question, answer)
		}
		for _, q := range qs {
			if !slices.ContainsFunc(books, func(p Passage) bool { return strings.Contains(p.Text, q) }) {
				t.Errorf("%s\nquotes what stands nowhere: %q", question, q)
			}
		}
		if answer != askBuiltin(t, books, question) {
			t.Errorf("%s: another answer the second time", question)
		}
	}
}

func TestBuiltinNamesItsSource(t *testing.T) {
	lib := shelf{{"a*b_[c].md\n# x", "Zebras graze at noon."}}
	answer := askBuiltin(t, lib, "zebra?")
	if !strings.Contains(answer, "> Zebras graze at noon.\n\n— a\\*b\\_\\[c\\].md \\# x") {
		t.Errorf("answered %q", answer)
	}
}

func TestBuiltinWithoutAnAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		lib      Library
		question string
		want     string
	}{
		"no library":                 {nil, "Where is the party?", "nothing to look through yet"},
		"an empty library":           {shelf{}, "Where is the party?", "nothing to look through yet"},
		"blank texts":                {shelf{{"x", " \n\n\t"}, {"y", ""}}, "Where is the party?", "nothing to look through yet"},
		"the question alone":         {shelf{{"ann", "where is THE party"}}, "Where is the party?", "nothing to look through yet"},
		"its own answers alone":      {shelf{{"x", notice + "The party is on Friday."}}, "Where is the party?", "nothing to look through yet"},
		"a greeting":                 {books, "Hello!", "stands in the 3 texts I can see"},
		"what it can do":             {books, "What can you do?", "I quote what fits"},
		"no words":                   {books, "?!…", "I quote what fits"},
		"nothing at all":             {books, "", "I quote what fits"},
		"a greeting in Chinese":      {books, "你好", "I quote what fits"},
		"what stands nowhere":        {books, "How tall is a giraffe?", "looked through 3 texts and found nothing"},
		"one common word of several": {books, "Does the giraffe zoo in Vienna open its aquarium windows on Mondays?", "found nothing"},
		"invalid UTF-8":              {books, "\xff\xfe", "I quote what fits"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := askBuiltin(t, tt.lib, tt.question)
			if !strings.Contains(answer, tt.want) || len(quoted(answer)) > 0 {
				t.Errorf("answered %q", answer)
			}
		})
	}
}

func TestBuiltinSkipsTheQuestion(t *testing.T) {
	lib := shelf{{"ann", "When does the HARBOUR open"}, {"bob", notice + "The harbour opens at noon."}, {"manual.md", manual}}
	for _, q := range quoted(askBuiltin(t, lib, "When does the harbour open?")) {
		if strings.Contains(q, "HARBOUR") || strings.Contains(q, "noon") {
			t.Errorf("quotes %q", q)
		}
	}
}

func TestBuiltinPrefersTheNewer(t *testing.T) {
	lib := shelf{{"new", "The code of the door is 4711."}, {"mid", "The code of the door is 4711."}, {"old", "The code of the door is 0815."}}
	answer := askBuiltin(t, lib, "code of the door")
	if d := cmp.Diff([]string{"The code of the door is 4711.", "The code of the door is 0815."}, quoted(answer)); d != "" || !strings.Contains(answer, "— new") {
		t.Errorf("%s\n%s", answer, d)
	}
}

// A piece of a long code block is quoted as code, from inside it.
func TestBuiltinQuotesLongCode(t *testing.T) {
	var code strings.Builder
	for i := range 200 {
		fmt.Fprintf(&code, "\tstep%03d(\"````\") // do it\n", i)
	}
	lib := shelf{{"x.go", "Look:\n\n```go\n" + code.String() + "```\n"}}
	qs := quoted(askBuiltin(t, lib, "step142"))
	if len(qs) != 1 || !strings.HasPrefix(qs[0], "`````\n") || !strings.HasSuffix(qs[0], "\n`````") {
		t.Fatalf("quotes %q", qs)
	}
	if in := strings.Trim(qs[0], "`\n"); !strings.Contains(code.String(), in) || !strings.Contains(in, "step142(") {
		t.Errorf("quotes %q", in)
	}
}

func TestBuiltinStreamsAtItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, start, n := NewBuiltin(), time.Now(), 0
		_, err := b.Stream(t.Context(), Request{Library: books, Messages: []Message{{RoleUser, "party"}}}, func(d Delta) {
			if n++; time.Since(start) != time.Duration(n)*b.Pace {
				t.Errorf("word %d after %v", n, time.Since(start))
			}
		})
		if err != nil || n < 50 {
			t.Errorf("%d words, %v", n, err)
		}
	})
}

func TestBuiltinStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		_, err := NewBuiltin().Stream(ctx, Request{Library: books, Messages: []Message{{RoleUser, "party"}}}, func(Delta) {
			if n++; n == 3 {
				cancel()
			}
		})
		var e *Error
		if n != 3 || !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Kind != KindInterrupted {
			t.Errorf("%d words, %v", n, err)
		}
	})
}

func TestBuiltinHasALimit(t *testing.T) {
	text := ""
	res, err := (&Builtin{}).Stream(t.Context(), Request{MaxTokens: 10, Messages: []Message{{RoleUser, "hi"}}}, func(d Delta) { text += d.Text })
	if err != nil || res.FinishReason != "length" || CountTokens(text) > 10 || text == "" {
		t.Errorf("%q, %+v, %v", text, res, err)
	}
}

type broken struct{ err error }

func (b broken) Passages(context.Context, func(Passage) error) error { return b.err }

func TestBuiltinTellsABrokenLibrary(t *testing.T) {
	disk := errors.New("disk on fire")
	_, err := (&Builtin{}).Stream(t.Context(), Request{Library: broken{disk}, Messages: []Message{{RoleUser, "party"}}}, func(Delta) { t.Error("said something") })
	var e *Error
	if !errors.Is(err, disk) || !errors.As(err, &e) || e.Kind != KindServerError || strings.Contains(e.Message, "fire") {
		t.Errorf("got %v", err)
	}
}

func TestBuiltinModels(t *testing.T) {
	got, err := NewBuiltin().Models(t.Context())
	if d := cmp.Diff([]Model{{ID: "builtin", Provider: "builtin", ContextTokens: 1 << 20, Default: true}}, got); d != "" || err != nil {
		t.Error(err, d)
	}
}

// library makes n passages of plausible words, the same every time.
func library(n int) shelf {
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 5000)
	for i := range words {
		b := make([]byte, 3+r.IntN(8))
		for j := range b {
			b[j] = byte('a' + r.IntN(26))
		}
		words[i] = string(b)
	}
	s := make(shelf, n)
	for i := range s {
		var b strings.Builder
		for range 80 {
			b.WriteString(words[int(r.ExpFloat64()*700)%len(words)])
			b.WriteByte(' ')
		}
		s[i] = Passage{fmt.Sprint("text ", i), b.String()}
	}
	s[n/2].Text += "\n\nThe lighthouse keeper hides the brass key under the third stair.\n"
	return s
}

func TestBuiltinIsLinear(t *testing.T) {
	lib := library(10_000)
	start := time.Now()
	qs := quoted(askBuiltin(t, lib, "Where does the lighthouse keeper hide the brass key?"))
	d := time.Since(start)
	if len(qs) == 0 || qs[0] != "The lighthouse keeper hides the brass key under the third stair." {
		t.Errorf("quotes %q", qs)
	}
	t.Log(d)
	if d > 5*time.Second { // some 250 ms on two slow cores; the race detector and neighbours cost more
		t.Errorf("10,000 passages took %v", d)
	}
}

func BenchmarkBuiltin10000Passages(b *testing.B) {
	lib := library(10_000)
	b.ReportAllocs()
	for b.Loop() {
		_, err := (&Builtin{}).Stream(b.Context(), Request{Library: lib, Messages: []Message{{RoleUser, "Where does the lighthouse keeper hide the brass key?"}}}, func(Delta) {})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func TestTerms(t *testing.T) {
	for in, want := range map[string][]string{
		"":                           nil,
		"Boats, boat's BOAT":         {"boat", "boat", "s", "boat"},
		"make making makes":          {"mak", "mak", "mak"},
		"runs running used using":    {"run", "run", "used", "using"},
		"queries query classes pass": {"query", "query", "class", "pass"},
		"status this bus is":         {"status", "this", "bus", "is"},
		"max_tokens=4.2":             {"max", "token", "4", "2"},
		"Möwe CAFÉ cafe\u0301":       {"möwe", "café", "caf"},
		"日本語":                        {"日本", "本語"},
		"a字b":                        {"a", "字", "b"},
		"港口，开放":                      {"港口", "开放"},
		"Привет":                     {"привет"},
		"مرحبا بك":                   {"مرحبا", "بك"},
		"한국어":                        {"한국", "국어"},
		"\xffx\xc3":                  {"x"},
	} {
		var got []string
		terms(in, func(b []byte) { got = append(got, string(b)) })
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", in, d)
		}
	}
}

func TestParts(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want []string
	}{
		"paragraphs": {
			strings.Repeat("word ", 10) + "\n\n" + strings.Repeat("next ", 10) + "\n",
			[]string{strings.TrimSpace(strings.Repeat("word ", 10)), strings.TrimSpace(strings.Repeat("next ", 10))},
		},
		"a heading goes with what follows": {"# One\n\n## Two\n\nText that is long enough to stand alone here.", []string{"# One\n\n## Two\n\nText that is long enough to stand alone here."}},
		"a colon leads to what follows":    {"This is how it is done by the people here:\n\n```\ncode\n\nmore\n```\nAnd after that the text goes on as before.", []string{"This is how it is done by the people here:\n\n```\ncode\n\nmore\n```", "And after that the text goes on as before."}},
		"an open code block":               {"```\na\n\nb\n", []string{"```\na\n\nb"}},
		"a fence inside a longer fence":    {"````\n```\nx\n```\n````\n", []string{"````\n```\nx\n```\n````"}},
		"CR LF":                            {"A paragraph that is long enough for itself.\r\n\r\nAnother one that is long enough for itself.\r\n", []string{"A paragraph that is long enough for itself.", "Another one that is long enough for itself."}},
		"indentation stays":                {"\n    indented code, long enough to stand alone\n", []string{"    indented code, long enough to stand alone"}},
		"a short text alone":               {"ok", []string{"ok"}},
		"nothing":                          {" \n\n ", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			parts(tt.in, func(p part) { got = append(got, p.text) })
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPartsCutLongText(t *testing.T) {
	for name, text := range map[string]string{
		"sentences":         strings.Repeat("This is a sentence of eight small words. ", 200),
		"Chinese sentences": strings.Repeat("港口早上六点开放。", 300),
		"one endless word":  strings.Repeat("a", 10_000),
		"one endless 漢":     strings.Repeat("漢", 5_000),
		"lines":             strings.Repeat("- an item of a list\n", 300),
		"a long code block": "```\n" + strings.Repeat("x := 1\n", 1000) + "```\n",
		"not UTF-8":         strings.Repeat("\xff", 5000),
		"words without end": strings.Repeat("word ", 2000),
	} {
		t.Run(name, func(t *testing.T) {
			n, total := 0, 0
			parts(text, func(p part) {
				n++
				total += len(p.text)
				if len(p.text) > maxPart || !strings.Contains(text, p.text) || (utf8.ValidString(text) && !utf8.ValidString(p.text)) {
					t.Errorf("a part %.50q… of %d bytes", p.text, len(p.text))
				}
			})
			if n < len(text)/maxPart || total < len(text)*9/10 {
				t.Errorf("%d parts, %d of %d bytes", n, total, len(text))
			}
		})
	}
}

// Whatever is in the library, quotes stand in it word for word.
func FuzzBuiltin(f *testing.F) {
	f.Add("When does the harbour open?", manual)
	f.Add("码头", "# 港口\n```\n码头\n")
	f.Add("a", "> a\n\n- a:\r\n\r\n~~~\na b\n~~~")
	f.Fuzz(func(t *testing.T, question, text string) {
		var all []part
		parts(text, func(p part) {
			all = append(all, p)
			if !strings.Contains(text, p.text) || strings.TrimSpace(p.text) == "" || len(p.text) > maxPart && !p.code && len(p.text) > len(text) {
				t.Fatalf("part %q", p.text)
			}
		})
		answer, err := answerTo(t.Context(), question, shelf{{"s", text}})
		if err != nil || !strings.HasPrefix(answer, notice) {
			t.Fatal(err)
		}
		for _, q := range quoted(answer) {
			if !slices.ContainsFunc(all, func(p part) bool { return quoted(quote(p))[0] == q }) {
				t.Fatalf("quotes %q", q)
			}
		}
	})
}
