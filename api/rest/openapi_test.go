package rest

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestOpenAPIIsUpToDate(t *testing.T) {
	got, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	const golden = "openapi.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s is not what the route table says (make golden writes it, -want +got):\n%s", golden, diff)
	}
}

func TestOpenAPIIsServed(t *testing.T) {
	w := newWorld(t, Options{})
	want, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	if got := w.do(ask{method: get, path: "/openapi.json"}).is(200); got.body != string(want) || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%d bytes of %q, want %d", len(got.body), got.header.Get("Content-Type"), len(want))
	}
}

// Every reference leads somewhere, and every schema is led to.
func TestOpenAPIHangsTogether(t *testing.T) {
	text, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				if name, ok := strings.CutPrefix(ref, schemaPrefix); ok {
					used[name] = true
				}
			}
			for _, sub := range v {
				walk(sub)
			}
		case []any:
			for _, sub := range v {
				walk(sub)
			}
		}
	}
	walk(doc)
	schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
	for name := range used {
		if schemas[name] == nil {
			t.Errorf("there is no schema %s", name)
		}
	}
	for name := range schemas {
		if !used[name] {
			t.Errorf("nothing refers to the schema %s", name)
		}
	}
}

func TestOpenAPISaysWhatARouteDoes(t *testing.T) {
	text, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Summary     string
			Security    []map[string][]string
			Parameters  []struct {
				Name, In string
				Required bool
				Schema   map[string]any
			}
			Responses map[string]struct {
				Description string
				Content     map[string]any
			}
			RequestBody *struct{ Required bool }
			Access      string `json:"x-access"`
			Limit       string `json:"x-rate-limit"`
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s", doc.OpenAPI)
	}
	list := doc.Paths["/api/v1/threads/{id}/messages"]["get"]
	if list.OperationID != "listMessages" || len(list.Security) != 2 || list.Access != "thread_reader" || list.Limit != "read" {
		t.Errorf("listMessages is %+v", list)
	}
	for _, p := range list.Parameters {
		if p.Name == "limit" && (p.Schema["minimum"] != 1.0 || p.Schema["maximum"] != 200.0 || p.Schema["default"] != 50.0 || p.Required) {
			t.Errorf("limit is %+v", p)
		}
		if p.Name == "id" && (p.In != "path" || !p.Required || p.Schema["format"] != "uuid") {
			t.Errorf("id is %+v", p)
		}
	}
	if len(list.Parameters) != 6 {
		t.Errorf("listMessages has %d parameters", len(list.Parameters))
	}
	if r := list.Responses["422"]; !strings.Contains(r.Description, "conflicting_pagination") || !strings.Contains(r.Description, "unknown_cursor") || r.Content["application/problem+json"] == nil {
		t.Errorf("its 422 is %+v", r)
	}
	send := doc.Paths["/api/v1/threads/{id}/messages"]["post"]
	statuses := []string{}
	for status := range send.Responses {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	if diff := cmp.Diff([]string{"201", "400", "401", "403", "404", "408", "409", "410", "413", "415", "422", "429", "431", "500", "503"}, statuses); diff != "" {
		t.Errorf("sendMessage answers (-want +got):\n%s", diff)
	}
	if send.RequestBody == nil || !send.RequestBody.Required {
		t.Error("sendMessage wants no body")
	}
}
