package rest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api"
	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// Every list is asked for a part of itself in the same ways. The results of a search
// have no cursors: the best first is no order to stand in. A history is what a message
// is, and comes whole.
func TestEveryListIsPaged(t *testing.T) {
	text, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name, In string }
			Responses   map[string]struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	lists := 0
	for path, methods := range doc.Paths {
		op := methods["get"]
		answer := doc.Components.Schemas[strings.TrimPrefix(op.Responses["200"].Content["application/json"].Schema.Ref, schemaPrefix)]
		if answer.Properties["has_more"] == nil {
			continue
		}
		lists++
		if op.OperationID == "getMessageHistory" {
			continue
		}
		var has []string
		for _, p := range op.Parameters {
			if p.In == "query" {
				has = append(has, p.Name)
			}
		}
		want := []string{"limit", "offset", "before", "after"}
		if op.OperationID == "search" {
			want = want[:2]
		}
		for _, name := range want {
			if !slices.Contains(has, name) {
				t.Errorf("%s takes %v, and no %s", path, has, name)
			}
		}
		if answer.Properties["total"] == nil {
			t.Errorf("%s tells no total", path)
		}
	}
	if lists < 18 {
		t.Errorf("%d lists", lists)
	}
}

// A row of a list whose items have no ids; only one of the names is there.
type namedRow struct{ Cursor, Name, ID string }

type namedList struct {
	Usage, Backups, Models []namedRow
	Templates              []namedRow `json:"project_templates"`
	Total                  int
	HasMore                bool `json:"has_more"`
}

// keys are what the rows are found again by.
func (l namedList) keys() (keys []string) {
	for _, x := range slices.Concat(l.Usage, l.Backups, l.Models) {
		keys = append(keys, cmp.Or(x.Cursor, x.Name))
	}
	for _, x := range l.Templates {
		keys = append(keys, x.ID)
	}
	return keys
}

func TestListsWithoutIDsAreWalked(t *testing.T) {
	w := newWorld(t, Options{}, func(o *api.Options) { o.Providers = append(o.Providers, flock{}) })
	if err := w.api.RefreshModels(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := w.setUp()
	var me struct{ ID store.ID }
	w.do(ask{method: get, path: "/api/v1/users/me", token: token}).is(200).json(&me)
	for i := range 5 {
		u := store.Usage{Day: time.Now().UTC().Format(time.DateOnly), UserID: me.ID, Model: fmt.Sprintf("a/b c&d=%d", i), PromptTokens: i}
		storetest.Update(t, w.store, func(tx *store.Tx) error { row := u; return tx.AddUsage(&row) })
		w.do(ask{method: post, path: "/api/v1/admin/backups", token: token}).is(201)
	}
	for _, path := range []string{"/api/v1/usage", "/api/v1/admin/usage", "/api/v1/admin/backups", "/api/v1/models", "/api/v1/project-templates"} {
		t.Run(path, func(t *testing.T) {
			w.t = t
			page := func(query string) (l namedList) {
				t.Helper()
				w.do(ask{method: get, path: path + "?" + query, token: token}).is(200).json(&l)
				return l
			}
			all := page("").keys()
			if len(all) != 5 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 5 {
				t.Fatalf("the rows are %q", all)
			}
			for query, want := range map[string]struct {
				rows []string
				more bool
			}{
				"limit=2":                                {all[:2], true},
				"limit=2&offset=3":                       {all[3:], false},
				"limit=2&offset=9":                       {nil, false},
				"limit=2&after=" + escaped(all[1]):       {all[2:4], true},
				"limit=2&after=" + escaped(all[2]):       {all[3:], false},
				"after=" + escaped(all[4]):               {nil, false},
				"limit=2&before=" + escaped(all[3]):      {all[1:3], true},
				"limit=2&before=" + escaped(all[2]):      {all[:2], false},
				"before=" + escaped(all[0]) + "&limit=1": {nil, false},
			} {
				if got := page(query); !slices.Equal(got.keys(), want.rows) || got.HasMore != want.more || got.Total != 5 {
					t.Errorf("%s: %q of %d, more %t; want %q, more %t", query, got.keys(), got.Total, got.HasMore, want.rows, want.more)
				}
			}
			one, other := escaped(all[0]), escaped(all[1])
			for query, code := range map[string]string{
				"after=" + one + "&before=" + other: "conflicting_pagination", "offset=0&after=" + one: "conflicting_pagination",
				"offset=1&before=" + one: "conflicting_pagination", "after=nothing": "unknown_cursor", "before=nothing": "unknown_cursor",
				"after=": "invalid", "limit=0": "invalid", "limit=201": "invalid", "offset=-1": "invalid",
			} {
				w.do(ask{method: get, path: path + "?" + query, token: token}).problem(422, code)
			}
		})
	}
}

// A flock has four models, one of which another provider has too.
type flock struct{ parrot }

func (flock) Name() string { return "flock" }

func (flock) Models(context.Context) ([]llm.Model, error) {
	return []llm.Model{{ID: "parrot-1"}, {ID: "parrot-2"}, {ID: "org/parrot&3"}, {ID: "parrot-4"}}, nil
}

func escaped(s string) string {
	return strings.NewReplacer("&", "%26", " ", "%20", "=", "%3D").Replace(s)
}
