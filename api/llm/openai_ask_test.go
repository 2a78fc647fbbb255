package llm

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is said, the server reads it as it was said.
func TestQuestionIsJSON(t *testing.T) {
	text := rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{"", "\"\\/<>&'", "\x00\x1f\x7f\b\f\n\r\t", "\u2028\ufffd", "a\xffb\xed\xa0\x80c\xe2\x80", "日本語 \U0001f339"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		temperature := rapid.Float64Range(0, 2).Draw(t, "temperature")
		q := question{Model: text.Draw(t, "model"), Stream: true, Temperature: &temperature}
		var messages []Message
		for range rapid.IntRange(1, 3).Draw(t, "messages") {
			messages = append(messages, Message{RoleUser, text.Draw(t, "content")})
		}
		asked, err := q.with(messages)
		var read struct {
			question
			Messages []Message `json:"messages"`
		}
		if err == nil {
			err = json.Unmarshal(asked, &read)
		}
		for i := range messages {
			messages[i].Content = strings.ToValidUTF8(messages[i].Content, "\uFFFD")
		}
		if err != nil || !reflect.DeepEqual(read.Messages, messages) || *read.Temperature != temperature || !read.Stream {
			t.Errorf("%v: asked %s\nread %+v", err, asked, read)
		}
	})
}

func BenchmarkQuestion(b *testing.B) {
	messages := make([]Message, 50)
	for i := range messages {
		messages[i] = Message{RoleUser, strings.Repeat("Prune the roses in March.\n", 14)}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (question{Model: "m", Stream: true}).with(messages); err != nil {
			b.Fatal(err)
		}
	}
}
