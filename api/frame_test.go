package api

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/parley-app/parley/store"
)

// A frame says what encoding/json would say of its fields, whatever their kinds.
func TestFramesAreWhatTheirFieldsAre(t *testing.T) {
	type named string
	id := store.ID{6: 0x70, 8: 0x80, 15: 7}
	f := fields{
		"text": "a \"b\" <c> & \u2028 \xff", "id": id, "none": store.ID{}, "yes": true, "n": -5, "list": []store.ID{id}, "code": store.CodeInternal,
		"word": named("x"), "null": nil, "nested": map[string]any{"a": 1.5}, "at": store.Time{},
		"message": &store.Message{ID: id, Content: "hello", Alternatives: []store.ID{}, Error: &store.MessageError{Code: store.CodeInternal}},
		"view":    &ThreadView{ID: id, Title: "t", Context: ContextView{Used: 3, Severity: "ok"}},
	}
	want, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	got := frame("some_kind", f)
	var a, b map[string]any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		t.Fatal(err)
	}
	if a["type"] != "some_kind" {
		t.Errorf("type is %v", a["type"])
	}
	delete(a, "type")
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if !bytes.Equal(x, y) {
		t.Errorf("says\n%s, want\n%s", x, y)
	}
}
