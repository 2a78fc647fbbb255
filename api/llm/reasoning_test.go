package llm

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// split cuts an answer at the given places and returns what a reader has in the end.
func split(answer string, cuts ...int) (text, reasoning string) {
	p := splitter{emit: func(d Delta) {
		if d.TextWasReasoning {
			reasoning, text = strings.TrimSpace(text), ""
		}
		text += d.Text
		reasoning += d.Reasoning
	}}
	from := 0
	for _, at := range append(cuts, len(answer)) {
		p.add(answer[from:at])
		from = at
	}
	p.end()
	return text, reasoning
}

var splitCases = map[string]struct{ in, text, reasoning string }{
	"no reasoning":                      {"Five minutes.", "Five minutes.", ""},
	"think":                             {"<think>\nEggs.\n</think>\n\nFive minutes.", "Five minutes.", "Eggs."},
	"no opening tag":                    {"The person asks for eggs.\n</think>\n\nFive minutes.", "Five minutes.", "The person asks for eggs."},
	"no opening tag, in one line":       {"Eggs.</think>Five minutes.", "Five minutes.", "Eggs."},
	"nothing but a closing tag":         {"</think>\n\nFive minutes.", "Five minutes.", ""},
	"empty reasoning":                   {"<think>\n\n</think>\n\nFive minutes.", "Five minutes.", ""},
	"white space before":                {"\n <think>Eggs.</think> Five minutes.", "Five minutes.", "Eggs."},
	"thinking":                          {"<thinking>Eggs.</thinking>\nFive.", "Five.", "Eggs."},
	"reasoning":                         {"<reasoning>Eggs.</reasoning>\nFive.", "Five.", "Eggs."},
	"thought":                           {"<thought>\nEggs.\n</thought>Five.", "Five.", "Eggs."},
	"capital letters":                   {"<Think>Eggs.</THINK>Five.", "Five.", "Eggs."},
	"seed":                              {"<seed:think>Eggs.</seed:think>Five.", "Five.", "Eggs."},
	"Magistral":                         {"[THINK]Eggs.[/THINK]Five.", "Five.", "Eggs."},
	"Kimi":                              {"◁think▷Eggs.◁/think▷Five.", "Five.", "Eggs."},
	"Kimi, no opening tag":              {"Eggs.\n◁/think▷Five.", "Five.", "Eggs."},
	"OpenThinker":                       {"<|begin_of_thought|>Eggs.<|end_of_thought|>\n\n<|begin_of_solution|>Five.<|end_of_solution|>", "Five.", "Eggs."},
	"Command A":                         {"<|START_THINKING|>Eggs.<|END_THINKING|><|START_RESPONSE|>Five.<|END_RESPONSE|>", "Five.", "Eggs."},
	"Gemma":                             {"<|channel>thought\nEggs.<channel|>Five.", "Five.", "Eggs."},
	"MedGemma":                          {"<unused94>thought\nEggs.<unused95>Five.", "Five.", "Eggs."},
	"gpt-oss":                           {"<|channel|>analysis<|message|>Eggs.<|end|><|start|>assistant<|channel|>final<|message|>Five.<|return|>", "Five.", "Eggs."},
	"gpt-oss, with commentary":          {"<|channel|>analysis<|message|>Eggs.<|end|><|start|>assistant<|channel|>commentary<|message|>Look.<|end|><|start|>assistant<|channel|>final<|message|>Five.", "Five.", "Eggs.\n\nLook."},
	"gpt-oss, the answer alone":         {"<|channel|>final<|message|>Five.", "Five.", ""},
	"gpt-oss, begun by the template":    {"<|start|>assistant<|channel|>final<|message|>Five.", "Five.", ""},
	"two blocks":                        {"<think>Eggs.</think>\n<think>Soft?</think>\nFive.", "Five.", "Eggs.\n\nSoft?"},
	"a block in mid-answer":             {"First.\n<think>Hm.</think>\nThen.", "First.\n\nThen.", "Hm."},
	"a fence in the reasoning":          {"<think>Eggs:\n```go\nx()\n</think>\nFive.", "Five.", "Eggs:\n```go\nx()"},
	"a fence in the answer":             {"Like this:\n\n```\n<think>\nx\n</think>\n```\n", "Like this:\n\n```\n<think>\nx\n</think>\n```\n", ""},
	"a closing tag in a fence":          {"```xml\n</think>\n```\nFive.", "```xml\n</think>\n```\nFive.", ""},
	"a fence of tildes":                 {"~~~\n```\n<think>\n~~~\nFive.", "~~~\n```\n<think>\n~~~\nFive.", ""},
	"a fence in a list":                 {"1. Do:\n    ```\n    <think>x</think>\n    ```\n", "1. Do:\n    ```\n    <think>x</think>\n    ```\n", ""},
	"a fence in a quote":                {"> ```\n> </think>\n> ```\n", "> ```\n> </think>\n> ```\n", ""},
	"a fence that has ended":            {"```\nx\n```\n\nSo.\n</think>\nFive.", "Five.", "```\nx\n```\n\nSo."},
	"a code span":                       {"The `<think>` tag ends with `</think>`.", "The `<think>` tag ends with `</think>`.", ""},
	"a code span of two":                {"``a ` </think>`` ends.", "``a ` </think>`` ends.", ""},
	"a code span at the beginning":      {"`<think>` begins it.", "`<think>` begins it.", ""},
	"a tag within a line":               {"Use <think> to think.", "Use <think> to think.", ""},
	"a tag in a block of code":          {"Like:\n\n    <think>\n    x\n", "Like:\n\n    <think>\n    x\n", ""},
	"a tag that never ends":             {"First.\n<think>\nHm.", "First.\n<think>\nHm.", ""},
	"reasoning that never ends":         {"<think>\nEggs, and then", "", "Eggs, and then"},
	"half a tag at the end":             {"Five.\n<thi", "Five.\n<thi", ""},
	"half a closing tag at the end":     {"<think>Eggs.</thi", "", "Eggs.</thi"},
	"another tag":                       {"<thinker>x</thinker>", "<thinker>x</thinker>", ""},
	"less than":                         {"1 < 2 and [x] and ◁", "1 < 2 and [x] and ◁", ""},
	"a list of links":                   {"[THE](x) [/think", "[THE](x) [/think", ""},
	"white space alone":                 {" \n", " \n", ""},
	"nothing":                           {"", "", ""},
	"indented code at the start":        {"    code()\n", "    code()\n", ""},
	"a tag in the reasoning":            {"<think>Write <b>x</b> < y.</think>Five.", "Five.", "Write <b>x</b> < y."},
	"a second closing tag is text":      {"<think>a</think>b\n</think>", "b\n</think>", "a"},
	"a marker of the template, in text": {"It writes `<|end|>` there.", "It writes `<|end|>` there.", ""},
}

func TestReasoningInText(t *testing.T) {
	for name, tt := range splitCases {
		t.Run(name, func(t *testing.T) {
			text, reasoning := split(tt.in)
			if text != tt.text || reasoning != tt.reasoning {
				t.Errorf("text %q, reasoning %q; want %q, %q", text, reasoning, tt.text, tt.reasoning)
			}
			if got := withoutReasoning(tt.in); got != tt.text {
				t.Errorf("without reasoning %q, want %q", got, tt.text)
			}
		})
	}
}

// However an answer is cut into pieces, the same comes out.
func TestReasoningCutAnywhere(t *testing.T) {
	for name, tt := range splitCases {
		for at := range tt.in {
			if text, reasoning := split(tt.in, at); text != tt.text || reasoning != tt.reasoning {
				t.Errorf("%s, cut at %d: text %q, reasoning %q", name, at, text, reasoning)
			}
		}
		var all []int
		for at := range tt.in {
			all = append(all, at)
		}
		if text, reasoning := split(tt.in, all...); text != tt.text || reasoning != tt.reasoning {
			t.Errorf("%s, character by character: text %q, reasoning %q", name, text, reasoning)
		}
	}
}

// Whatever an answer is, cuts change nothing and no text is lost that no tag
// stands in.
func TestReasoningOfAnyText(t *testing.T) {
	piece := rapid.SampledFrom([]string{"<think>", "</think>", "```", "`", "~~~", "\n", "\n\n", " ", "    ", "Q", "word ", "<", "[THINK]", "[/THINK]", "<|channel|>analysis<|message|>", "<|end|>", "<|start|>assistant", "> ", "- ", "日本"})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(piece, 0, 20).Draw(t, "pieces"), "")
		text, reasoning := split(in)
		var cuts []int
		for at := range in {
			if rapid.Bool().Draw(t, "cut") {
				cuts = append(cuts, at)
			}
		}
		if t2, r2 := split(in, cuts...); t2 != text || r2 != reasoning {
			t.Fatalf("%q\nwhole: %q, %q\ncut:   %q, %q", in, text, reasoning, t2, r2)
		}
		if strings.Count(text+reasoning, "Q") != strings.Count(in, "Q") {
			t.Fatalf("%q lost text: %q, %q", in, text, reasoning)
		}
	})
}

func FuzzReasoning(f *testing.F) {
	for _, tt := range splitCases {
		f.Add(tt.in)
	}
	f.Fuzz(func(_ *testing.T, in string) { split(strings.ToValidUTF8(in, "")) })
}
