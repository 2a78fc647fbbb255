package llm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestADigestQuotesWhatTheConversationIsAbout(t *testing.T) {
	d := NewDigest()
	d.AddSummary("- ann: The garden has a gate of oak.")
	for i := range 20 {
		d.Add("ann", fmt.Sprintf("When should the roses be pruned in year %d? Thanks.", i))
		d.Add("assistant", "# Roses\n\nRoses are pruned in March, before the first leaves. It rains.\n```\nroses := prune(roses)\n```\n")
	}
	d.Add("ann", "By the way, what is a teapot made of?")
	text, topics := d.Summary(400), d.Topics()
	for _, want := range []string{"- assistant: Roses are pruned in March, before the first leaves.", "- ann: The garden has a gate of oak."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if strings.Contains(text, ":=") || strings.Count(text, "pruned in March") != 1 {
		t.Errorf("it quotes code, or itself: %q", text)
	}
	if len(topics) != 5 || !slices.ContainsFunc(topics, func(s string) bool { return strings.EqualFold(s, "roses") }) {
		t.Errorf("topics %q", topics)
	}
	if d.Summary(400) != text {
		t.Error("the same digest summed up twice differs")
	}
}

func TestADigestOfAnythingIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "white space": " \n\t\n", "no words": "... !!! ???", "one long word": strings.Repeat("x", 1<<16),
		"no spaces": strings.Repeat("春眠不覚暁", 5000), "bad UTF-8": strings.Repeat("\xff\xfe. ", 5000),
		"many sentences": strings.Repeat("One more sentence about nothing. ", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			d := NewDigest()
			for range 3 {
				d.Add("ann", text)
			}
			got, topics := d.Summary(300), d.Topics()
			if len(got) > 8<<10 || len(topics) > 5 || topics == nil {
				t.Errorf("%d bytes, topics %q", len(got), topics)
			}
		})
	}
	d := NewDigest()
	for i := range 3 * maxSentences {
		d.Add("ann", fmt.Sprintf("Sentence number %d says something.", i))
	}
	if len(d.sentences) > maxSentences {
		t.Errorf("%d candidates are kept", len(d.sentences))
	}
}

// A score counts what was said already, so the best sentence is another one after each
// choice. The heap must come to the choice of who scores every sentence each time.
func TestADigestChoosesTheBestSentenceEachTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		d := NewDigest()
		for range 1 + r.IntN(120) {
			var words []string
			for range 2 + r.IntN(9) {
				words = append(words, fmt.Sprintf("word%c%c", 'a'+r.IntN(4), 'a'+r.IntN(5)))
			}
			d.Add("ann", strings.Join(words, " ")+".")
		}
		var want, got []int
		for _, s := range chooseSlowly(d, 300) {
			want = append(want, s.at)
		}
		for _, s := range d.choose(300) {
			got = append(got, s.at)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("chose %v, want %v", got, want)
		}
	}
}

func chooseSlowly(d *Digest, maxTokens int) []quotable {
	c, rest := choice{said: map[string]bool{}, tokens: maxTokens}, slices.Clone(d.sentences)
	for !c.done && len(rest) > 0 {
		best := 0
		for i := range rest {
			if d.score(&rest[i], c.said) > d.score(&rest[best], c.said) {
				best = i
			}
		}
		c.take(rest[best])
		rest = slices.Delete(rest, best, best+1)
	}
	return c.taken
}
