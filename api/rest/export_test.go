package rest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/parley-app/parley/store"
	"github.com/parley-app/parley/store/storetest"
)

// An export is a download that no browser runs, whatever is in it.
func TestExportsAreSafeDownloads(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	p := w.project(token)
	th := w.made(ask{method: post, path: "/api/v1/threads", token: token, body: `{"project_id":"` + p + `","title":"Grüße/<b>"}`})
	for format, kind := range map[string]string{
		"": "text/markdown; charset=utf-8", "?format=markdown": "text/markdown; charset=utf-8", "?format=text": "text/plain; charset=utf-8",
		"?format=html": "text/html; charset=utf-8", "?format=json": "application/json",
	} {
		got := w.do(ask{method: get, path: "/api/v1/threads/" + th + "/export" + format, token: token}).is(200)
		h := got.header
		if h.Get("Content-Type") != kind || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox; default-src 'none'") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", format, h)
		}
		if d := h.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="Gr__e b.`) || !strings.Contains(d, "filename*=UTF-8''Gr%C3%BC%C3%9Fe%20b.") {
			t.Errorf("%s: %s", format, d)
		}
		if got.body == "" {
			t.Errorf("%s: nothing came", format)
		}
	}
	w.do(ask{method: get, path: "/api/v1/threads/" + th + "/export?format=pdf", token: token}).problem(422, "invalid")
	w.do(ask{method: get, path: "/api/v1/threads/" + someID + "/export", token: token}).problem(404, "not_found")
}

// A very long thread is exported in bounded memory, to a client who reads slowly
// too.
func TestALongThreadIsExportedInBoundedMemory(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	id, err := store.ParseID(w.made(ask{method: post, path: "/api/v1/threads", token: token, body: `{"project_id":"` + w.project(token) + `"}`}))
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("many words ", 50_000)
	const messages = 120 // 66 MB
	for range messages {
		storetest.Update(t, w.store, func(tx *store.Tx) error {
			th, err := tx.Thread(id)
			if err != nil {
				return err
			}
			m := store.Message{ThreadID: id, Content: large, Status: store.StatusComplete, CreatedAt: tx.Now}
			if m.ID, err = tx.NewID(); err != nil {
				return err
			}
			return tx.SaveMessage(th, &m)
		})
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	res := w.beginExport(id, token)
	defer func() { _ = res.Body.Close() }()
	body := bufio.NewReaderSize(res.Body, 1<<20)
	size, most := 0, uint64(0)
	for {
		n, err := io.CopyN(io.Discard, body, 8<<20)
		size += int(n)
		runtime.GC()
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapAlloc)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if size < messages*len(large) {
		t.Errorf("%d bytes came, of %d", size, messages*len(large))
	}
	if grown := int64(most) - int64(before.HeapAlloc); grown > 40<<20 {
		t.Errorf("%d MiB more were in use, for %d MiB", grown>>20, size>>20)
	}
}

// A client who leaves in the middle, and a server that ends, end the export.
func TestAnExportEndsWithItsClient(t *testing.T) {
	w := newWorld(t, Options{})
	token := w.setUp()
	id, err := store.ParseID(w.made(ask{method: post, path: "/api/v1/threads", token: token, body: `{"project_id":"` + w.project(token) + `"}`}))
	if err != nil {
		t.Fatal(err)
	}
	owner := w.user("someone", store.RoleMember)
	for range 40 {
		storetest.Message(t, w.store, id, owner, strings.Repeat("many words ", 20_000))
	}
	res := w.beginExport(id, token)
	if _, err := io.CopyN(io.Discard, res.Body, 1<<20); err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // the test's end finds a goroutine that stays
}

// beginExport asks for the export of a thread; the caller reads the body and closes it.
func (w *world) beginExport(thread store.ID, token string) *http.Response {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), get, w.url+"/api/v1/threads/"+thread.String()+"/export", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}
