package llmtest

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Thoughts is what the words that reason think, in text.
const Thoughts = "The question is short. It wants an answer."

var signsRE = regexp.MustCompile(`^(keep-alives|progress) (\d+) every (\S+)$`)

// odd returns the play of a word for what some servers do and no specification says,
// nil for any other.
func (s *Server) odd(word string) Play {
	if m := signsRE.FindStringSubmatch(word); m != nil {
		n, _ := strconv.Atoi(m[2])
		every, err := time.ParseDuration(m[3])
		if err != nil {
			return nil
		}
		return func(c *Call) {
			if c.signs(m[1], n, every) {
				s.answer(c)
			}
		}
	}
	switch word {
	case "think":
		return s.saying("<think>\n" + Thoughts + "\n</think>\n\n")
	case "think without opening":
		return s.saying(Thoughts + "\n</think>\n\n")
	case "finish early":
		return func(c *Call) {
			for _, w := range pieces(Answer(c.Last())) {
				c.greet()
				c.data(c.Dialect.chunk(c, `{"content":`+quoted(w)+`}`, "stop"))
				if !c.Wait(s.Pace) {
					return
				}
			}
			c.End()
		}
	case "filter":
		return func(c *Call) { s.numbered(c, 1, 12, s.Pace); c.Finish("content_filter"); c.Done() }
	case "late error":
		return func(c *Call) { s.numbered(c, 1, 12, s.Pace); c.Finish("stop"); c.Fail("usage accounting failed") }
	case "quota":
		return func(c *Call) { c.Refuse(http.StatusOK, `{"code":1302,"msg":"quota used up","success":false}`) }
	}
	return nil
}

// saying returns a play that says a text before its answer.
func (s *Server) saying(before string) Play {
	return func(c *Call) {
		for _, w := range pieces(before) {
			c.Text(w)
			if !c.Wait(s.Pace) {
				return
			}
		}
		s.answer(c)
	}
}

// signs sends signs of life, and reports whether the client is still there.
func (c *Call) signs(kind string, n int, every time.Duration) bool {
	for i := range n {
		if kind == "progress" {
			c.Progress(i, n)
		} else {
			c.Comment("keep-alive")
		}
		if !c.Wait(every) {
			return false
		}
	}
	return true
}

// Progress sends how far the server has read the prompt, as llama.cpp does, and LM
// Studio with its own event.
func (c *Call) Progress(done, total int) {
	if c.Dialect == LMStudio {
		c.Raw("event: prompt_processing.progress\ndata: {\"type\":\"prompt_processing.progress\",\"progress\":" + strconv.FormatFloat(float64(done)/float64(max(total, 1)), 'f', 2, 64) + "}\n\n")
		return
	}
	c.data(`{"choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}],"prompt_progress":{"total":` + strconv.Itoa(total) + `,"processed":` + strconv.Itoa(done) + `}}`)
}

// quoted is s as JSON.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}
