package rest

import (
	"fmt"
	"strings"
	"testing"
)

// A listed is what every list answers; only one of the lists is there.
type listed struct {
	Threads, Messages []struct{ ID, Title, Content string }
	Total             int
	HasMore           bool `json:"has_more"`
}

func (l listed) words() string {
	var words []string
	for _, x := range append(l.Threads, l.Messages...) {
		words = append(words, x.Title+x.Content)
	}
	return strings.Join(words, " ")
}

// API-2: limit, offset, before, after, total and has_more of the two lists that
// are walked, and what is refused.
func TestAPI2Pages(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	p := w.project(token)
	var threads []string
	for i := range 7 {
		title := fmt.Sprintf("t%d", i)
		threads = append(threads, w.made(ask{method: post, path: "/api/v1/threads", token: token, body: `{"project_id":"` + p + `","title":"` + title + `"}`}))
	}
	chat := "/api/v1/threads/" + threads[0] + "/messages"
	var messages []string
	for i := range 3 {
		var sent struct{ Message struct{ ID string } }
		w.do(ask{method: post, path: chat + "?wait=true", token: token, body: fmt.Sprintf(`{"content":"q%d"}`, i)}).is(201).json(&sent)
		messages = append(messages, sent.Message.ID)
	}
	w.do(ask{method: remove, path: "/api/v1/messages/" + messages[1], token: token}).is(204)
	list := "/api/v1/threads?sort=created&order=asc&"
	for name, tt := range map[string]struct {
		path  string
		want  string
		total int
		more  bool
	}{
		"threads, the first page":         {list + "limit=3", "t0 t1 t2", 7, true},
		"threads, all of them":            {list + "limit=7", "t0 t1 t2 t3 t4 t5 t6", 7, false},
		"threads, an offset":              {list + "limit=3&offset=5", "t5 t6", 7, false},
		"threads, an offset beyond":       {list + "limit=3&offset=50", "", 7, false},
		"threads after one":               {list + "limit=3&after=" + threads[2], "t3 t4 t5", 7, true},
		"threads after one, to the end":   {list + "limit=3&after=" + threads[3], "t4 t5 t6", 7, false},
		"threads after the last":          {list + "limit=3&after=" + threads[6], "", 7, false},
		"threads before one":              {list + "limit=3&before=" + threads[4], "t1 t2 t3", 7, true},
		"threads before one, to the end":  {list + "limit=3&before=" + threads[3], "t0 t1 t2", 7, false},
		"threads before the first":        {list + "limit=3&before=" + threads[0], "", 7, false},
		"threads, descending, after":      {"/api/v1/threads?sort=created&limit=2&after=" + threads[5], "t4 t3", 7, true},
		"threads, searched":               {list + "search=T3", "t3", 1, false},
		"threads, searched, after one":    {list + "search=t&limit=2&after=" + threads[0], "t1 t2", 7, true},
		"threads, searched, nothing":      {list + "search=zebra", "", 0, false},
		"threads, by title":               {"/api/v1/threads?sort=title&order=desc&limit=2", "t6 t5", 7, true},
		"threads, by activity":            {"/api/v1/threads?limit=1", "t0", 7, true},
		"messages, the newest page":       {chat + "?limit=2", "q2 Hello there.", 5, true},
		"messages, all":                   {chat, "q0 Hello there. Hello there. q2 Hello there.", 5, false},
		"messages, with the deleted":      {chat + "?include_deleted=true&limit=3", "Hello there. q2 Hello there.", 6, true},
		"messages, an offset":             {chat + "?limit=2&offset=1", "Hello there. q2", 5, true},
		"messages after one":              {chat + "?limit=1&after=" + messages[0], "Hello there.", 5, true},
		"messages after one that is gone": {chat + "?after=" + messages[1], "Hello there. q2 Hello there.", 5, false},
		"messages before one":             {chat + "?limit=1&before=" + messages[2], "Hello there.", 5, true},
		"messages before the first":       {chat + "?before=" + messages[0], "", 5, false},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			var got listed
			w.do(ask{method: get, path: tt.path, token: token}).is(200).json(&got)
			if got.words() != tt.want || got.Total != tt.total || got.HasMore != tt.more {
				t.Errorf("%q, total %d, more %t; want %q, %d, %t", got.words(), got.Total, got.HasMore, tt.want, tt.total, tt.more)
			}
		})
	}
	w.t = t
	for path, cursors := range map[string][2][]string{"/api/v1/threads": {threads, messages}, chat: {messages, threads}} {
		one, other, foreign := cursors[0][0], cursors[0][2], cursors[1][0]
		for query, code := range map[string]string{
			"after=" + one + "&before=" + other: "conflicting_pagination", "offset=1&after=" + one: "conflicting_pagination",
			"offset=0&before=" + one: "conflicting_pagination", "after=" + someID: "unknown_cursor", "before=" + someID: "unknown_cursor",
			"after=" + foreign: "unknown_cursor",
			"limit=0":          "invalid", "limit=-1": "invalid", "limit=x": "invalid", "limit=201": "invalid", "offset=-1": "invalid", "after=x": "invalid",
			"after=" + strings.ToUpper(one): "invalid",
		} {
			w.do(ask{method: get, path: path + "?" + query, token: token}).problem(422, code)
		}
	}
	w.do(ask{method: get, path: "/api/v1/threads?limit=101", token: token}).problem(422, "invalid")
	w.do(ask{method: get, path: "/api/v1/threads?archived=true&after=" + threads[0], token: token}).problem(422, "unknown_cursor")
}
