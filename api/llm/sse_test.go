package llm

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

type read struct {
	Name, Data string
	Cut        bool
}

// readAll collects all events of a stream, and what it ended with.
func readAll(src io.Reader) (all []read, err error) {
	r := newSSEReader(src)
	for {
		ev, err := r.next()
		if err != nil {
			return all, err
		}
		all = append(all, read{ev.name, string(ev.data), ev.cut})
	}
}

func TestSSE(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want []read
	}{
		"nothing":                          {"", nil},
		"one event":                        {"data: a\n\n", []read{{"", "a", false}}},
		"no space after the colon":         {"data:a\n\n", []read{{"", "a", false}}},
		"only one space is taken":          {"data:  a\n\n", []read{{"", " a", false}}},
		"CRLF":                             {"data: a\r\n\r\ndata: b\r\n\r\n", []read{{"", "a", false}, {"", "b", false}}},
		"CR":                               {"data: a\r\rdata: b\r\r", []read{{"", "a", false}, {"", "b", false}}},
		"mixed line ends":                  {"data: a\r\n\ndata: b\n\r\n\rdata: c\r\r\n", []read{{"", "a", false}, {"", "b", false}, {"", "c", false}}},
		"several data lines":               {"data: a\ndata:\ndata: b\n\n", []read{{"", "a\n\nb", false}}},
		"comments and keep-alives":         {": ping\n\n:\n\ndata: a\n: in between\n\n: OPENROUTER PROCESSING\n\n", []read{{"", "a", false}}},
		"a byte order mark":                {"\xEF\xBB\xBFdata: a\n\n", []read{{"", "a", false}}},
		"a byte order mark inside":         {"data: a\n\n\xEF\xBB\xBFdata: b\n\n", []read{{"", "a", false}}},
		"an event name":                    {"event: error\ndata: a\n\ndata: b\n\n", []read{{"error", "a", false}, {"", "b", false}}},
		"an event name without data":       {"event: error\n\ndata: b\n\n", []read{{"", "b", false}}},
		"id and retry and unknown":         {"id: 1\nretry: 10\nfoo: bar\nfoo\ndata: a\n\n", []read{{"", "a", false}}},
		"a data line without a colon":      {"data\n\n", []read{{"", "", false}}},
		"the error field of old llama.cpp": {"error: {\"code\":500}\n\ndata: [DONE]\n\n", []read{{"error", `{"code":500}`, false}, {"", "[DONE]", false}}},
		"no blank line at the end":         {"data: a\n\ndata: [DONE]\n", []read{{"", "a", false}, {"", "[DONE]", false}}},
		"no line end at the end":           {"data: a\n\ndata: [DONE]", []read{{"", "a", false}, {"", "[DONE]", false}}},
		"an end within a field name":       {"data: a\n\nda", []read{{"", "a", false}}},
		"several bytes a character":        {"data: 漢😀\n\n", []read{{"", "漢😀", false}}},
		"many blank lines":                 {"\n\n\r\r\n\ndata: a\n\n\n\n", []read{{"", "a", false}}},
	} {
		t.Run(name, func(t *testing.T) {
			for how, src := range map[string]io.Reader{
				"at once":      strings.NewReader(tt.in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tt.in)),
				"by halves":    iotest.HalfReader(strings.NewReader(tt.in)),
				"with its end": iotest.DataErrReader(strings.NewReader(tt.in)),
			} {
				got, err := readAll(src)
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s: ended with %v", how, err)
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Errorf("%s (-want +got):\n%s", how, d)
				}
			}
		})
	}
}

// What came before a broken connection is handed out before the error.
func TestSSEBrokenConnection(t *testing.T) {
	reset := errors.New("connection reset")
	got, err := readAll(io.MultiReader(strings.NewReader("data: a\n\ndata: b\n"), iotest.ErrReader(reset)))
	if !errors.Is(err, reset) {
		t.Errorf("ended with %v", err)
	}
	if d := cmp.Diff([]read{{"", "a", false}, {"", "b", true}}, got); d != "" {
		t.Error(d)
	}
}

func TestSSEBoundsMemory(t *testing.T) {
	for name, src := range map[string]io.Reader{
		"a line without end":             io.MultiReader(strings.NewReader("data: ok\n\ndata: "), forever("a")),
		"an event without end":           io.MultiReader(strings.NewReader("data: ok\n\n"), forever("data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n")),
		"a comment without end":          io.MultiReader(strings.NewReader("data: ok\n\n:"), forever("a")),
		"a line that ends, but too late": strings.NewReader("data: ok\n\ndata: " + strings.Repeat("a", maxEvent) + "\n\n"),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(src)
			if !errors.Is(err, errEventTooLong) {
				t.Errorf("ended with %v", err)
			}
			if d := cmp.Diff([]read{{"", "ok", false}}, got); d != "" {
				t.Error(d)
			}
		})
	}
}

type endless struct{ unit []byte }

func forever(unit string) io.Reader { return endless{[]byte(unit)} }

func (e endless) Read(b []byte) (int, error) {
	n := 0
	for n+len(e.unit) <= len(b) {
		n += copy(b[n:], e.unit)
	}
	return n, nil
}

func TestSSEReaderWithoutProgress(t *testing.T) {
	if _, err := readAll(stuck{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("ended with %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// However a stream is cut into reads, its events are the same, and no input
// makes the reader panic or hand out more than it was given.
func FuzzSSE(f *testing.F) {
	for _, s := range []string{"data: a\r\n\r\n", "\xEF\xBB\xBFevent: x\rdata\rdata: b\n\n", ": c\n\ndata:{\"a\":1}", "error: x\n\n\r"} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		whole, err := readAll(bytes.NewReader(in))
		if !errors.Is(err, io.EOF) && !errors.Is(err, errEventTooLong) {
			t.Fatalf("ended with %v", err)
		}
		parts, err2 := readAll(&bySize{bytes.NewReader(in), int(size%7) + 1})
		if !errors.Is(err2, err) {
			t.Fatalf("whole ended with %v, in parts with %v", err, err2)
		}
		if d := cmp.Diff(whole, parts); d != "" {
			t.Fatal(d)
		}
		total := 0
		for _, ev := range whole {
			total += len(ev.Data)
		}
		if total > len(in) {
			t.Fatalf("%d bytes of data from %d", total, len(in))
		}
	})
}

type bySize struct {
	r io.Reader
	n int
}

func (b *bySize) Read(p []byte) (int, error) { return b.r.Read(p[:min(len(p), b.n)]) }

func BenchmarkSSEAndChunk(b *testing.B) {
	line := `data: {"id":"chatcmpl-299","object":"chat.completion.chunk","created":1795357556,"model":"tiny","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":" mornin"},"finish_reason":null}]}` + "\n\n"
	stream := strings.Repeat(line, 1000)
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		r := newSSEReader(strings.NewReader(stream))
		var c chunk
		for {
			ev, err := r.next()
			if err != nil {
				break
			}
			if err := c.decode(ev.data); err != nil || string(c.text) != " mornin" {
				b.Fatal(err, string(c.text))
			}
		}
	}
}
