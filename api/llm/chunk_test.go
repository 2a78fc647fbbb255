package llm

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// said is what a chunk means, in comparable form.
type said struct {
	Text, Whole, Reasoning, Model, Finish, Fault string
	Usage                                        Usage
}

func (c *chunk) said() said {
	return said{string(c.text), string(c.whole), string(c.reasoning), string(c.model), string(c.finish), string(c.fault), c.usage}
}

func TestChunk(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want said
	}{
		"OpenAI, role only": {
			`{"model":"gpt","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}`,
			said{Model: "gpt"},
		},
		"OpenAI, text": {`{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}`, said{Text: "Hi"}},
		"OpenAI, usage in a last chunk": {
			`{"choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0}}}`,
			said{Usage: Usage{19, 10}},
		},
		"OpenAI, a refusal":                {`{"choices":[{"index":0,"delta":{"refusal":"No."}}]}`, said{Text: "No."}},
		"Azure, filters before the answer": {`{"choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false}}}]}`, said{}},
		"Ollama, the role in every delta": {
			`{"id":"chatcmpl-299","model":"tiny","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":" pl"},"finish_reason":null}]}`,
			said{Text: " pl", Model: "tiny"},
		},
		"vLLM, usage in every chunk": {
			`{"choices":[{"index":0,"delta":{"content":"v"},"logprobs":null,"finish_reason":null,"token_ids":null}],"usage":{"prompt_tokens":15,"total_tokens":16,"completion_tokens":1},"metrics":{}}`,
			said{Text: "v", Usage: Usage{15, 1}},
		},
		"vLLM, reasoning_content":      {`{"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}`, said{Reasoning: "hm"}},
		"vLLM, reasoning":              {`{"choices":[{"index":0,"delta":{"reasoning":"hm","content":null}}]}`, said{Reasoning: "hm"}},
		"both names of reasoning":      {`{"choices":[{"index":0,"delta":{"reasoning":"hm","reasoning_content":"hm"}}]}`, said{Reasoning: "hm"}},
		"llama.cpp, content null":      {`{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"model":"g.gguf"}`, said{Model: "g.gguf"}},
		"llama.cpp, the end":           {`{"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"timings":{"predicted_ms":1.5e3,"x":-0.0}}`, said{Finish: "stop"}},
		"text with the finish reason":  {`{"choices":[{"delta":{"content":"."},"finish_reason":"length"}]}`, said{Text: ".", Finish: "length"}},
		"another choice":               {`{"choices":[{"index":1,"delta":{"content":"B"}},{"index":0,"delta":{"content":"A"}}]}`, said{Text: "A"}},
		"the index after the text":     {`{"choices":[{"delta":{"content":"A"},"index":0},{"delta":{"content":"B","reasoning":"r"},"finish_reason":"stop","index":1}]}`, said{Text: "A"}},
		"content as a list of parts":   {`{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"A"}]}}]}`, said{Text: "A", Reasoning: "hm"}},
		"no delta at all":              {`{"choices":[{"index":0,"finish_reason":"stop"}]}`, said{Finish: "stop"}},
		"choices null":                 {`{"choices":null}`, said{}},
		"a choice null":                {`{"choices":[null]}`, said{}},
		"whole":                        {`{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"All."},"finish_reason":"stop"}]}`, said{Whole: "All.", Finish: "stop"}},
		"error null beside text":       {`{"error":null,"choices":[{"delta":{"content":"a"}}]}`, said{Text: "a"}},
		"an error":                     {`{"error":{"message":"no","code":500}}`, said{Fault: `{"message":"no","code":500}`}},
		"an error as text":             {`{"error":"no"}`, said{Fault: `"no"`}},
		"an error beside text":         {`{"error":{"code":"server_error","message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":"last"},"finish_reason":"error"}]}`, said{Text: "last", Finish: "error", Fault: `{"code":"server_error","message":"Provider disconnected"}`}},
		"an error of older vLLM":       {`{"object":"error","message":"no","code":400}`, said{Fault: `{"object":"error","message":"no","code":400}`}},
		"a message beside choices":     {`{"message":"x","choices":[{"delta":{"content":"a"}}]}`, said{Text: "a"}},
		"escapes":                      {`{"choices":[{"delta":{"content":"\"\\\/\b\f\n\r\té\u6F22\ud83d\ude00"}}]}`, said{Text: "\"\\/\b\f\n\r\té漢\xED\xA0\xBD\xED\xB8\x80"}},
		"half a pair":                  {`{"choices":[{"delta":{"content":"a\uD83D"}}]}`, said{Text: "a\xED\xA0\xBD"}},
		"a key with an escape":         {`{"choices":[{"delta":{"c\u006fntent":"a"}}]}`, said{Text: "a"}},
		"white space":                  {" {\t\"choices\" : [ { \"delta\" : { \"content\" : \"a\" } } ] }\r\n", said{Text: "a"}},
		"types that nobody expects":    {`{"model":7,"usage":[1],"choices":[{"index":"0","delta":"x","message":[],"finish_reason":{"a":1}}]}`, said{}},
		"usage that nobody expects":    {`{"usage":{"prompt_tokens":"9","completion_tokens":-4},"choices":[]}`, said{}},
		"usage larger than a computer": {`{"usage":{"prompt_tokens":99999999999999999999},"choices":[]}`, said{Usage: Usage{PromptTokens: 1<<31 - 1}}},
		"the last of two wins":         {`{"choices":[{"delta":{"content":"a"}}],"choices":[{"delta":{"content":"b"}}]}`, said{Text: "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			var c chunk
			_ = c.decode([]byte(`{"model":"old","choices":[{"delta":{"content":"old","reasoning":"old"},"message":{"content":"old"},"finish_reason":"old"}],"usage":{"prompt_tokens":1},"error":"old"}`))
			if err := c.decode([]byte(tt.in)); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, c.said()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestChunkRefusesWhatIsNotJSON(t *testing.T) {
	for _, in := range []string{
		"", " ", "[DONE]", "[]", `"a"`, "null", "{", "{}x", "{} {}", `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{"a":tru}`, `{"a":01}`, `{"a":1.}`,
		`{"a":.5}`, `{"a":1e}`, `{"a":-}`, `{"a":+1}`, `{"a":"`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, `{"a":"\`, `{"a":[1,]}`, `{"a":[1 2]}`,
		`{"choices":{}}`, `{"choices":[{"delta":{"content":"a`, strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), strings.Repeat("[", 1000),
	} {
		var c chunk
		if err := c.decode([]byte(in)); err == nil {
			t.Errorf("%.40q was accepted", in)
		}
	}
}

// reference decodes with encoding/json what TestChunk decodes by hand.
func reference(in []byte) (s said, plain bool) {
	var v map[string]any
	if json.Unmarshal(in, &v) != nil {
		return s, false
	}
	str := func(v any) string { s, _ := v.(string); return s }
	s.Model = str(v["model"])
	list, _ := v["choices"].([]any)
	if _, ok := v["choices"]; ok && list == nil && v["choices"] != nil {
		return s, false
	}
	for _, one := range list {
		m, _ := one.(map[string]any)
		if i, ok := m["index"].(float64); ok && (i >= 1 || i <= -1) {
			continue
		}
		d, _ := m["delta"].(map[string]any)
		if _, ok := d["content"].([]any); ok {
			return s, false
		}
		if d["refusal"] != nil {
			return s, false
		}
		s.Text += str(d["content"])
		s.Reasoning += str(d["reasoning_content"])
		s.Finish += str(m["finish_reason"])
	}
	return s, true
}

// Whatever is JSON is understood as encoding/json does; nothing panics.
func FuzzChunk(f *testing.F) {
	f.Add([]byte(`{"model":"m","choices":[{"index":0,"delta":{"content":"a\ud83d\ude00\n","reasoning_content":"r"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}`))
	f.Add([]byte(`{"error":{"message":"x"},"a":[1,-2.5e+3,true,false,null,{}]}`))
	f.Add([]byte(`{"choices":[{"delta":{"content":"\udc00\ud800x"},"index":1}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		var c chunk
		err := c.decode(in)
		_ = readFault(in).error(400)
		var j joiner
		text := j.add(c.text) + j.end()
		if !utf8.ValidString(text) {
			t.Fatalf("not UTF-8: %q", text)
		}
		want, plain := reference(in)
		if !plain || strings.Contains(string(in), "reasoning\"") || twice(in) {
			return
		}
		if err != nil {
			if deep(in) {
				return
			}
			t.Fatalf("%v for what is JSON: %q", err, in)
		}
		fix := func(b []byte) string { var j joiner; return j.add(b) + j.end() }
		got := said{Text: fix(c.text), Reasoning: fix(c.reasoning), Model: fix(c.model), Finish: fix(c.finish)}
		if d := cmp.Diff(same(want), same(got)); d != "" {
			t.Fatalf("%q: %s", in, d)
		}
	})
}

// same evens out how many U+FFFD stand for bytes that are no UTF-8.
func same(s said) said {
	one := func(s string) string {
		return string(slices.CompactFunc([]rune(s), func(a, b rune) bool { return a == b && a == utf8.RuneError }))
	}
	return said{Text: one(s.Text), Reasoning: one(s.Reasoning), Model: one(s.Model), Finish: one(s.Finish)}
}

// twice says whether a key that is read may stand twice; which one wins in
// nested objects is nobody's business.
func twice(in []byte) bool {
	for _, k := range []string{"model", "choices", "index", "delta", "content", "reasoning_content", "finish_reason"} {
		if strings.Count(string(in), `"`+k+`"`) > 1 {
			return true
		}
	}
	return strings.Contains(string(in), `\u00`)
}

func deep(in []byte) bool {
	return strings.Count(string(in), "{")+strings.Count(string(in), "[") > maxDepth
}

func TestJoiner(t *testing.T) {
	for name, tt := range map[string]struct{ in, want []string }{
		"plain":                        {[]string{"a", "b"}, []string{"a", "b", ""}},
		"a character cut in two":       {[]string{"a\xE6\xBC", "\xA2b"}, []string{"a", "漢b", ""}},
		"a character cut in four":      {[]string{"\xF0", "\x9F", "\x98", "\x80"}, []string{"", "", "", "😀", ""}},
		"a pair in one piece":          {[]string{"\xED\xA0\xBD\xED\xB8\x80"}, []string{"😀", ""}},
		"a pair cut between halves":    {[]string{"a\xED\xA0\xBD", "\xED\xB8\x80b"}, []string{"a", "😀b", ""}},
		"a high half alone":            {[]string{"\xED\xA0\xBD", "b"}, []string{"", "\uFFFDb", ""}},
		"a high half at the end":       {[]string{"a\xED\xA0\xBD"}, []string{"a", "\uFFFD"}},
		"a low half alone":             {[]string{"\xED\xB8\x80b"}, []string{"\uFFFDb", ""}},
		"two high halves":              {[]string{"\xED\xA0\xBD\xED\xA0\xBD\xED\xB8\x80"}, []string{"\uFFFD😀", ""}},
		"bytes that are no UTF-8":      {[]string{"\xFFa"}, []string{"\uFFFDa", ""}},
		"half a character at the end":  {[]string{"a\xE6\xBC"}, []string{"a", "\uFFFD"}},
		"a character that stays half":  {[]string{"\xE6\xBC", "b"}, []string{"", "\uFFFD\uFFFDb", ""}},
		"Hangul, which starts with ED": {[]string{"\xED", "\x95\x9C"}, []string{"", "한", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			var j joiner
			var got []string
			for _, s := range tt.in {
				got = append(got, j.add([]byte(s)))
			}
			if d := cmp.Diff(tt.want, append(got, j.end())); d != "" {
				t.Error(d)
			}
		})
	}
}

// However text is cut, the same comes out.
func FuzzJoiner(f *testing.F) {
	f.Add([]byte("a漢😀\xED\xA0\xBD\xED\xB8\x80\xFF"), uint8(3))
	f.Fuzz(func(t *testing.T, in []byte, cut uint8) {
		var whole, parts joiner
		want := whole.add(in)
		want += whole.end()
		var got strings.Builder
		for b := range slices.Chunk(in, int(cut%5)+1) {
			got.WriteString(parts.add(b))
		}
		got.WriteString(parts.end())
		if got.String() != want || !utf8.ValidString(want) {
			t.Fatalf("%q: whole %q, in parts %q", in, want, got.String())
		}
	})
}
