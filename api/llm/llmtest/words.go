package llmtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Words documents what a question may hold to steer the server, where no play
// is queued. The words stand in the last message of a user:
//
//	[[stall]]                  some words, then silence until the client leaves
//	[[stall at start]]         silence from the start
//	[[break]]                  some words, then a TCP reset
//	[[cut]]                    some words, then the end, without a finish reason
//	[[error]]                  some words, then an error in mid-stream
//	[[http 500]]               an HTTP error with a web page, as gateways send it; any status
//	[[429]] [[429 30]]         too many requests, with Retry-After (7 s)
//	[[context]]                HTTP 400, the conversation is too long
//	[[slow 40 words]]          w0001 … w0040, ten a second
//	[[tokens 400 every 20ms]]  w0001 … w0400 at that pace; 0ms for none
//	[[tokens 400 every 20ms held at 200 300]]  the same, but waits after w0200
//	                           and after w0300 until somebody posts to /release
//	[[reasoning]]              thinks first, then answers
//	[[length]]                 ends for its length
//	[[empty]]                  ends without a word
//	[[whole]]                  answers without a stream
//	[[echo]]                   answers with the messages that it was sent, as JSON
//	[[think]]                  thinks between <think> tags in its text, then answers
//	[[think without opening]]  the same, without the opening tag
//	[[keep-alives 5 every 1s]] comments, then an answer
//	[[progress 5 every 1s]]    the progress of a long prompt, then an answer
//	[[finish early]]           says that it ends beside every word
//	[[filter]]                 is ended by a content filter
//	[[late error]]             fails after it has said that it has ended
//	[[quota]]                  an error under HTTP 200
//
// A failing one with "once", such as [[stall once]], fails only the first time
// that the same text is asked, so that a retry succeeds. Anything else is
// answered with markdown that is always the same for the same question: see
// Answer.
const Words = "[[stall]] [[stall at start]] [[break]] [[cut]] [[error]] [[http 500]] [[429]] [[context]] " +
	"[[slow 40 words]] [[tokens 400 every 20ms]] [[tokens 400 every 20ms held at 200 300]] [[reasoning]] [[length]] [[empty]] [[whole]] [[echo]] " +
	"[[think]] [[think without opening]] [[keep-alives 5 every 1s]] [[progress 5 every 1s]] [[finish early]] [[filter]] [[late error]] [[quota]]"

var (
	wordRE   = regexp.MustCompile(`\[\[([a-z0-9 .µ-]+)\]\]`)
	slowRE   = regexp.MustCompile(`^slow (\d+) words$`)
	tokensRE = regexp.MustCompile(`^tokens (\d+) every (\S+)(?: held at ([\d ]+))?$`)
	httpRE   = regexp.MustCompile(`^http (\d{3})$`)
	manyRE   = regexp.MustCompile(`^429(?: (\d+))?$`)
)

// words finds the play that the question asks for.
func (s *Server) words(c *Call) Play {
	m := wordRE.FindStringSubmatch(c.Last())
	if m == nil {
		return s.answer
	}
	word, once := strings.CutSuffix(m[1], " once")
	if once && s.seen(c.Last()) {
		return s.answer
	}
	for _, play := range []Play{s.failure(word), s.odd(word)} {
		if play != nil {
			return play
		}
	}
	return s.variant(word)
}

// seen says whether a question has come before.
func (s *Server) seen(question string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[question]++
	return s.failed[question] > 1
}

// failure returns the play of a word that fails, nil for any other.
func (s *Server) failure(word string) Play {
	begun := func(then func(c *Call)) Play {
		return func(c *Call) {
			if s.numbered(c, 1, 12, s.Pace) {
				then(c)
			}
		}
	}
	switch word {
	case "stall":
		return begun((*Call).Stall)
	case "stall at start":
		return (*Call).Stall
	case "break":
		return begun((*Call).Reset)
	case "cut":
		return begun(func(*Call) {})
	case "error":
		return begun(func(c *Call) { c.Fail("The model runner has stopped unexpectedly.") })
	case "context":
		return func(c *Call) { c.Refuse(http.StatusBadRequest, c.Dialect.TooLong()) }
	}
	if m := manyRE.FindStringSubmatch(word); m != nil {
		wait := m[1]
		if wait == "" {
			wait = "7"
		}
		return func(c *Call) {
			c.Refuse(http.StatusTooManyRequests, `{"error":{"message":"Rate limit reached for requests","type":"requests","param":null,"code":"rate_limit_exceeded"}}`, "Retry-After", wait)
		}
	}
	if m := httpRE.FindStringSubmatch(word); m != nil {
		status, _ := strconv.Atoi(m[1])
		return func(c *Call) {
			c.Refuse(max(status, 200), fmt.Sprintf("<html><head><title>%d %s</title></head><body><center><h1>%[1]d %[2]s</h1></center><hr></body></html>", status, http.StatusText(status)))
		}
	}
	return nil
}

// variant returns the play of a word that succeeds.
func (s *Server) variant(word string) Play {
	count := func(n, holds string, pace time.Duration) Play {
		total, _ := strconv.Atoi(n)
		return func(c *Call) {
			from := 1
			for hold := range strings.FieldsSeq(holds) {
				to, _ := strconv.Atoi(hold)
				if !s.numbered(c, from, to, pace) || !c.Await(s.release) {
					return
				}
				from = to + 1
			}
			if s.numbered(c, from, min(total, 100_000), pace) {
				c.End()
			}
		}
	}
	if m := slowRE.FindStringSubmatch(word); m != nil {
		return count(m[1], "", 100*time.Millisecond)
	}
	if m := tokensRE.FindStringSubmatch(word); m != nil {
		if pace, err := time.ParseDuration(m[2]); err == nil {
			return count(m[1], m[3], pace)
		}
	}
	switch word {
	case "reasoning":
		return func(c *Call) {
			for _, w := range pieces("The question is short. It wants an answer. So be it.") {
				c.Reasoning(w)
				if !c.Wait(s.Pace) {
					return
				}
			}
			s.answer(c)
		}
	case "length":
		return func(c *Call) { s.numbered(c, 1, 12, s.Pace); c.Finish("length"); c.Done() }
	case "empty":
		return (*Call).End
	case "whole":
		return func(c *Call) { c.Whole(Answer(c.Last())) }
	case "echo":
		return func(c *Call) {
			b, _ := json.MarshalIndent(c.Messages, "", " ")
			c.Text("```json\n" + string(b) + "\n```\n")
			c.End()
		}
	}
	return s.answer
}

// numbered sends "w0001 w0002 …" from one number to another, so that a gap or a
// repetition shows. It says whether the client heard it all.
func (s *Server) numbered(c *Call, from, to int, pace time.Duration) bool {
	for i := from; i <= to; i++ {
		c.Text(fmt.Sprintf("w%04d ", i))
		if !c.Wait(pace) {
			return false
		}
	}
	return true
}

// answer sends Answer, word by word.
func (s *Server) answer(c *Call) {
	for _, w := range pieces(Answer(c.Last())) {
		c.Text(w)
		if !c.Wait(s.Pace) {
			return
		}
	}
	c.End()
}

// pieces cuts text into words, each with the white space that follows it.
func pieces(s string) (list []string) {
	for len(s) > 0 {
		i := strings.IndexAny(s, " \n")
		if i < 0 {
			return append(list, s)
		}
		for i < len(s) && strings.IndexByte(" \n", s[i]) >= 0 {
			i++
		}
		list, s = append(list, s[:i]), s[i:]
	}
	return list
}
