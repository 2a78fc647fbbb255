package llm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// conversation writes messages as "s:…", "u:…", "a:…".
func conversation(lines ...string) (list []Message) {
	roles := map[string]Role{"s": RoleSystem, "u": RoleUser, "a": RoleAssistant}
	for _, line := range lines {
		role, content, _ := strings.Cut(line, ":")
		list = append(list, Message{roles[role], content})
	}
	return list
}

func TestNormalize(t *testing.T) {
	for name, tt := range map[string]struct{ in, want []Message }{
		"as it should be":            {conversation("s:be kind", "u:1", "a:2", "u:3"), conversation("s:be kind", "u:1", "a:2", "u:3")},
		"after a failed answer":      {conversation("u:1", "u:2"), conversation("u:1", "a:(There was no answer to this.)", "u:2")},
		"after an empty answer":      {conversation("u:1", "a:", "u:2"), conversation("u:1", "a:(There was no answer to this.)", "u:2")},
		"after a deleted question":   {conversation("u:1", "a:2", "a:3", "u:4"), conversation("u:1", "a:2\n\n3", "u:4")},
		"an answer first":            {conversation("s:x", "a:1", "u:2"), conversation("s:x", "u:Your earlier answer:\n\n1\n\n2")},
		"two answers first":          {conversation("a:1", "a:2", "u:3", "a:4", "u:5"), conversation("u:Your earlier answer:\n\n1\n\n2\n\n3", "a:4", "u:5")},
		"answers alone":              {conversation("a:1"), conversation("u:Your earlier answer:\n\n1")},
		"instructions alone":         {conversation("s:1"), conversation("u:1")},
		"instructions in the middle": {conversation("u:1", "s:x", "a:2", "s:y", "u:3"), conversation("s:x\n\ny", "u:1", "a:2", "u:3")},
		"blank instructions":         {conversation("s: \n", "u:1"), conversation("u:1")},
		"a blank question":           {conversation("u: "), conversation("u: ")},
		"a blank question after one": {conversation("u:1", "u: "), conversation("u:1")},
		"reasoning in an answer":     {conversation("u:1", "a:<think>hm</think>2", "u:3"), conversation("u:1", "a:2", "u:3")},
		"an answer all of reasoning": {conversation("u:1", "a:<think>hm</think>", "u:3"), conversation("u:1", "a:(There was no answer to this.)", "u:3")},
		"tags in a question":         {conversation("u:<think>hm</think>2"), conversation("u:<think>hm</think>2")},
		"reasoning without its tag":  {conversation("u:1", "a:hm</think>\n2", "u:3"), conversation("u:1", "a:2", "u:3")},
	} {
		t.Run(name, func(t *testing.T) {
			before := append([]Message(nil), tt.in...)
			if d := cmp.Diff(tt.want, normalize(tt.in)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(before, tt.in); d != "" {
				t.Errorf("the caller's messages changed: %s", d)
			}
		})
	}
}

// Whatever a conversation is, its roles alternate, and no text is lost.
func TestNormalizeAlternates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Message {
			return Message{rapid.SampledFrom([]Role{RoleSystem, RoleUser, RoleAssistant}).Draw(t, "role"), rapid.SampledFrom([]string{"", " ", "Q", "Q\n"}).Draw(t, "content")}
		}), 1, 12).Draw(t, "messages")
		out := normalize(in)
		for _, list := range [][]Message{out, withoutSystem(out)} {
			text, sent := "", ""
			for _, m := range in {
				text += m.Content
			}
			for i, m := range list {
				sent += m.Content
				first := i == 0 || i == 1 && list[0].Role == RoleSystem
				switch {
				case m.Role == RoleSystem && i > 0, i > 0 && m.Role == list[i-1].Role, first && m.Role == RoleAssistant:
					t.Fatalf("%v became %v", in, list)
				}
			}
			if strings.Count(text, "Q") != strings.Count(sent, "Q") {
				t.Fatalf("%v lost text: %v", in, list)
			}
		}
	})
}
