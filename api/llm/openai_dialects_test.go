package llm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-app/parley/api/llm"
	"github.com/parley-app/parley/api/llm/llmtest"
)

// delta is one chunk of an answer; reason is "" or null while it runs.
func delta(content, reason string) string {
	finish := "null"
	if reason != "" {
		finish = `"` + reason + `"`
	}
	text := ""
	if content != "" {
		text = `"content":"` + content + `"`
	}
	return `{"choices":[{"index":0,"delta":{` + text + `},"finish_reason":` + finish + `}]}`
}

func events(data ...string) string {
	var b strings.Builder
	for _, d := range data {
		b.WriteString("data: " + d + "\n\n")
	}
	return b.String()
}

const done = "data: [DONE]\n\n"

// An answer is whole if its server said so after the last text, and only then.
func TestWhenAnAnswerIsWhole(t *testing.T) {
	for name, tt := range map[string]struct {
		body   string
		text   string
		finish string
		kind   llm.Kind
	}{
		"stop beside every text":                      {events(delta("a", "stop"), delta("b", "stop"), delta("c", "stop"), delta("", "stop")) + done, "abc", "stop", ""},
		"stop beside every text, and no more":         {events(delta("a", "stop"), delta("b", "stop")), "ab", "stop", llm.KindInterrupted},
		"stop beside every text, then [DONE]":         {events(delta("a", "stop"), delta("b", "stop")) + done, "ab", "stop", ""},
		"stop beside the first":                       {events(delta("a", "stop"), delta("b", ""), delta("", "stop")) + done, "ab", "stop", ""},
		"stop beside the first alone":                 {events(delta("a", "stop"), delta("b", "")), "ab", "stop", llm.KindInterrupted},
		"stop before all text":                        {events(delta("", "stop"), delta("a", ""), delta("b", "")) + done, "ab", "stop", ""},
		"stop before all text, and no more":           {events(delta("", "stop"), delta("a", ""), delta("b", "")), "ab", "stop", llm.KindInterrupted},
		"stop beside the last":                        {events(delta("a", ""), delta("b", "stop")), "ab", "stop", ""},
		"the word null":                               {events(delta("a", "null"), delta("b", "null"), delta("", "stop")) + done, "ab", "stop", ""},
		"the word null, and no more":                  {events(delta("a", "null"), delta("b", "null")), "ab", "", llm.KindInterrupted},
		"the word None":                               {events(delta("a", "None")) + done, "a", "", ""},
		"an empty reason":                             {events(strings.ReplaceAll(delta("a", "x"), `"x"`, `""`)), "a", "", llm.KindInterrupted},
		"stop beside reasoning":                       {events(strings.ReplaceAll(delta("hm", "stop"), "content", "reasoning_content"), delta("a", ""), delta("", "stop")) + done, "a", "stop", ""},
		"stop beside reasoning alone":                 {events(strings.ReplaceAll(delta("hm", "stop"), "content", "reasoning_content"), delta("a", "")), "a", "stop", llm.KindInterrupted},
		"[DONE] alone":                                {events(delta("a", "")) + done, "a", "", ""},
		"nothing after the text":                      {events(delta("a", "")), "a", "", llm.KindInterrupted},
		"an end event":                                {events(delta("a", "")) + "event: end\ndata: end\n\n", "a", "", ""},
		"an end event without data":                   {events(delta("a", "")) + "event: done\n\n", "a", "", ""},
		"an end event with an object":                 {events(delta("a", "")) + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", "a", "", ""},
		"length":                                      {events(delta("a", ""), delta("", "length")) + done, "a", "length", ""},
		"length under another name":                   {events(delta("a", ""), delta("", "MAX_TOKENS")) + done, "a", "length", ""},
		"a filter":                                    {events(delta("a", ""), delta("", "content_filter")) + done, "a", "content_filter", ""},
		"a filter under another name":                 {events(delta("a", ""), delta("", "SAFETY")) + done, "a", "content_filter", ""},
		"stop under another name":                     {events(delta("a", ""), delta("", "end_turn")) + done, "a", "stop", ""},
		"an unknown reason":                           {events(delta("a", ""), delta("", "moonlight")) + done, "a", "moonlight", ""},
		"the reason error":                            {events(delta("a", ""), delta("", "error")) + done, "a", "error", llm.KindServerError},
		"an error under another name":                 {events(delta("a", ""), delta("", "insufficient_system_resource")) + done, "a", "error", llm.KindServerError},
		"aborted":                                     {events(delta("a", ""), delta("", "abort")) + done, "a", "error", llm.KindServerError},
		"[DONE] with a space":                         {events(delta("a", ""), delta("", "stop")) + "data: [DONE] \n\n", "a", "stop", ""},
		"[DONE] in quotes":                            {events(delta("a", ""), delta("", "stop")) + "data: \"[DONE]\"\n\n", "a", "stop", ""},
		"DONE":                                        {events(delta("a", ""), delta("", "stop")) + "data: DONE\n\n", "a", "stop", ""},
		"DONE without a reason":                       {events(delta("a", "")) + "data: DONE\n\n", "a", "", ""},
		"an end event, then [DONE]":                   {events(delta("a", ""), delta("", "stop")) + "event: end\ndata: end\n\n" + done, "a", "stop", ""},
		"rubbish after the end":                       {events(delta("a", ""), delta("", "stop"), "<<<", "{half") + done, "a", "stop", ""},
		"plain text after the end":                    {events(delta("a", ""), delta("", "stop"), "bye"), "a", "stop", ""},
		"an error after the end":                      {events(delta("a", ""), delta("", "stop"), `{"error":{"message":"usage accounting failed"}}`), "a", "stop", ""},
		"an error event after the end":                {events(delta("a", ""), delta("", "stop")) + "event: error\ndata: no\n\n", "a", "stop", ""},
		"an error after a false end":                  {events(delta("a", "stop"), delta("b", "stop"), `{"error":{"message":"gone"}}`), "ab", "stop", llm.KindServerError},
		"an error before the end":                     {events(delta("a", ""), `{"error":{"message":"gone"}}`, delta("", "stop")) + done, "a", "", llm.KindServerError},
		"an error after an end without text":          {events(delta("", "stop"), `{"error":{"message":"gone"}}`), "", "stop", llm.KindServerError},
		"text after the end, and an end again":        {events(delta("a", ""), delta("", "stop"), delta("b", ""), delta("", "stop")), "ab", "stop", ""},
		"usage after the end":                         {events(delta("a", ""), delta("", "stop"), `{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}`), "a", "stop", ""},
		"rubbish before the end":                      {events(delta("a", ""), "{half") + done, "a", "", llm.KindServerError},
		"a whole answer":                              {`{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}`, "a", "stop", ""},
		"a whole answer without a reason":             {`{"choices":[{"message":{"content":"a"}}]}`, "a", "stop", ""},
		"a whole answer over several lines":           {"{\n \"choices\": [\n  {\n   \"message\": {\"content\": \"a\"},\n   \"finish_reason\": \"length\"\n  }\n ]\n}\n", "a", "length", ""},
		"a whole answer that breaks off":              {`{"choices":[{"message":{"content":"a"},"fini`, "", "", llm.KindInterrupted},
		"a whole answer of a completion":              {`{"choices":[{"text":"a","index":0,"finish_reason":"stop"}]}`, "a", "stop", ""},
		"no blank lines":                              {"data: " + delta("a", "") + "\ndata: " + delta("b", "") + "\ndata: " + delta("", "stop") + "\ndata: [DONE]\n", "ab", "stop", ""},
		"no blank lines, one at the end":              {"data: " + delta("a", "") + "\ndata: " + delta("b", "stop") + "\ndata: [DONE]\n\n", "ab", "stop", ""},
		"no blank lines, CR LF":                       {"data: " + delta("a", "") + "\r\ndata: " + delta("b", "stop") + "\r\ndata: [DONE]\r\n", "ab", "stop", ""},
		"no blank lines, CR":                          {"data: " + delta("a", "") + "\rdata: " + delta("b", "stop") + "\rdata: [DONE]\r", "ab", "stop", ""},
		"data twice":                                  {"data: data: " + delta("a", "") + "\n\ndata: data: " + delta("", "stop") + "\n\ndata: data: [DONE]\n\n", "a", "stop", ""},
		"data twice without spaces":                   {"data:data:" + delta("a", "") + "\n\ndata:data:[DONE]\n\n", "a", "", ""},
		"no space":                                    {"data:" + delta("a", "") + "\n\ndata:[DONE]\n\n", "a", "", ""},
		"a byte order mark":                           {"\xEF\xBB\xBF" + events(delta("a", "")) + done, "a", "", ""},
		"a byte order mark before JSON":               {"\xEF\xBB\xBF" + delta("a", "stop"), "a", "stop", ""},
		"data over several lines":                     {"data: {\"choices\":\ndata: [{\"delta\":\ndata: {\"content\":\"a\"}}]}\n\n" + done, "a", "", ""},
		"names of events":                             {"event: message\ndata: " + delta("a", "") + "\n\nevent: message\ndata: [DONE]\n\n", "a", "", ""},
		"JSON lines":                                  {delta("a", "") + "\n" + delta("b", "stop") + "\n", "ab", "stop", ""},
		"JSON lines, then [DONE]":                     {delta("a", "") + "\n" + delta("b", "") + "\n[DONE]\n", "ab", "", ""},
		"JSON lines that break off":                   {delta("a", "") + "\n" + delta("b", "") + "\n", "ab", "", llm.KindInterrupted},
		"JSON in one line":                            {delta("a", "") + delta("b", "stop"), "ab", "stop", ""},
		"JSON in an array":                            {"[" + delta("a", "") + ",\n" + delta("b", "stop") + "\n]", "ab", "stop", ""},
		"JSON in an array of lines":                   {"[\n  " + delta("a", "") + "\n  ,\n  " + delta("b", "stop") + "\n]\n", "ab", "stop", ""},
		"JSON lines among events":                     {events(delta("a", "")) + delta("b", "stop") + "\n\n" + done, "ab", "stop", ""},
		"an error in JSON among events":               {events(delta("a", "")) + `{"error":{"message":"gone"}}` + "\n", "a", "", llm.KindServerError},
		"Ollama's own lines":                          {`{"model":"m","message":{"role":"assistant","content":"a"},"done":false}` + "\n" + `{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}` + "\n", "a", "stop", ""},
		"Ollama's own lines, cut":                     {`{"model":"m","message":{"role":"assistant","content":"a"},"done":false}` + "\n", "a", "", llm.KindInterrupted},
		"pings as data":                               {events("ping", "keep-alive", "{}", `{"type":"ping"}`, delta("a", ""), ": OPENROUTER PROCESSING", delta("", "stop")), "a", "stop", ""},
		"prompt progress":                             {events(`{"choices":[{"index":0,"delta":{"role":"assistant","content":null}}],"prompt_progress":{"total":9,"processed":0}}`, delta("a", "stop")), "a", "stop", ""},
		"progress of LM Studio":                       {"event: prompt_processing.progress\ndata: {\"type\":\"prompt_processing.progress\",\"message\":\"50 %\"}\n\n" + events(delta("a", "stop")), "a", "stop", ""},
		"empty choices first, with filters, as Azure": {events(`{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}`, delta("a", "stop")), "a", "stop", ""},
		"nothing at all":                              {"", "", "", llm.KindInterrupted},
		"[DONE] at once":                              {done, "", "", ""},
		"comments alone":                              {": ping\n\n: ping\n\n", "", "", llm.KindInterrupted},
	} {
		t.Run(name, func(t *testing.T) {
			for how, split := range map[string]int{"at once": 0, "byte by byte": 1} {
				s := llmtest.New(t)
				s.Split = split
				s.Next(func(c *llmtest.Call) { c.Raw(tt.body) })
				got, e := ask(t, client(t, s.URL), question("?"))
				if got.Text != tt.text || got.Result.FinishReason != tt.finish || got.Kind != tt.kind {
					t.Errorf("%s: heard %q, ended with %q, %v; want %q, %q, kind %q", how, got.Text, got.Result.FinishReason, e, tt.text, tt.finish, tt.kind)
				}
			}
		})
	}
}

// Text that comes long after a finish reason is not lost.
func TestTextLongAfterTheEnd(t *testing.T) {
	for name, first := range map[string]string{"beside text": delta("a", "stop"), "before all text": delta("", "stop"), "with reasoning": strings.ReplaceAll(delta("hm", "stop"), "content", "reasoning")} {
		s := llmtest.New(t)
		s.Next(func(c *llmtest.Call) {
			c.Raw(events(first))
			c.Wait(300 * time.Millisecond)
			c.Raw(events(delta("b", "stop")))
			c.Wait(300 * time.Millisecond)
			c.Raw(events(delta("c", "")) + done)
		})
		o := client(t, s.URL)
		o.SetGrace(50 * time.Millisecond)
		if got, e := ask(t, o, question("?")); !strings.HasSuffix(got.Text, "bc") || e != nil {
			t.Errorf("%s: heard %q, %v", name, got.Text, e)
		}
	}
}

// What a server says in place of an answer is shown, under whatever status.
func TestErrorsShowWhatWasSaid(t *testing.T) {
	const said = "quota used up"
	for name, body := range map[string]string{
		"Zhipu, in a stream":        events(`{"code":"1302","msg":"quota used up","success":false}`) + done,
		"Zhipu, whole":              `{"status": "error", "msg": "quota used up", "code": 1302, "success": false}`,
		"Baidu":                     `{"error_code":17,"error_msg":"quota used up"}`,
		"MiniMax":                   `{"id":"x","choices":null,"base_resp":{"status_code":1008,"status_msg":"quota used up"}}`,
		"MiniMax, in a stream":      events(`{"choices":[],"base_resp":{"status_code":1008,"status_msg":"quota used up"}}`),
		"OpenAI":                    events(`{"error":{"message":"quota used up","type":"x"}}`),
		"text":                      events(`{"error":"quota used up"}`),
		"FastAPI":                   `{"detail":"quota used up"}`,
		"FastAPI, a list":           `{"detail":[{"loc":["body","x"],"msg":"quota used up"}]}`,
		"a message":                 events(`{"message":"quota used up"}`) + done,
		"a message and a word":      `{"statusCode":400,"message":"quota used up","error":"Bad Request"}`,
		"vLLM":                      events(`{"object":"error","message":"quota used up","code":400}`),
		"a list":                    `[{"error":{"code":400,"message":"quota used up"}}]`,
		"a list of errors":          `{"errors":[{"message":"quota used up"}]}`,
		"a list of texts":           `{"errors":["quota used up"]}`,
		"a problem of RFC 9457":     `{"type":"about:blank","title":"Too many","status":429,"detail":"quota used up"}`,
		"OAuth":                     `{"error":"invalid_request","error_description":"quota used up"}`,
		"AWS":                       `{"Message":"quota used up"}`,
		"in a choice":               events(`{"choices":[{"index":0,"error":{"code":502,"message":"quota used up"},"finish_reason":"error"}]}`),
		"JSON within JSON":          `{"error":{"message":"{\"error\":{\"message\":\"quota used up\"}}"}}`,
		"an error event":            "event: error\ndata: quota used up\n\n",
		"an error event, LM Studio": "event: error\ndata: {\"error\":{\"message\":\"quota used up\"},\"message\":\"quota used up\"}\n\n",
		"plain text":                "quota used up",
		"plain text, two lines":     "Error\nquota used up\n",
		"plain text as data":        "data: quota used up\n\n",
		"a web page":                "<!doctype html><html><head><title>quota used up</title></head></html>",
		"a heading":                 "<html><h1>quota <b>used</b> up</h1></html>",
		"something unknown":         `{"hello":"quota used up"}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, status := range []int{200, 400, 429, 500, 503} {
				s := llmtest.New(t)
				s.Next(func(c *llmtest.Call) { c.Refuse(status, body) })
				_, e := ask(t, client(t, s.URL), question("?"))
				hidden := status != 200 && (strings.Contains(body, "data:") || strings.Contains(body, "hello")) // nobody sends it so
				if e == nil || !hidden && !strings.Contains(strings.Join(strings.Fields(e.Message), " "), said) {
					t.Errorf("status %d: %v", status, e)
				}
			}
		})
	}
}

// Secrets stand in no error, even others than Parley's own key.
func TestErrorsHoldNoSecret(t *testing.T) {
	for _, secret := range []string{"sk-proj-abcdef0123456789", "Bearer abcdef0123456789", "Authorization: Basic YWJjZGVmOjEyMzQ1", "api_key=abcdef0123456789", `\"api-key\": \"abcdef0123456789\"`, "http://user:abcdef0123456789@proxy", "hf_abcdef0123456789", "Incorrect API key provided: abcdef0123456789"} {
		s := llmtest.New(t)
		s.Next(func(c *llmtest.Call) { c.Refuse(500, `{"error":{"message":"upstream said: `+secret+` is wrong"}}`) })
		_, e := ask(t, client(t, s.URL), question("?"))
		if e == nil || strings.Contains(e.Error(), "abcdef") || strings.Contains(e.Error(), "YWJj") {
			t.Errorf("%s: %v", secret, e)
		}
		if !strings.Contains(e.Message, "upstream said") {
			t.Errorf("%s: too much is hidden: %v", secret, e)
		}
	}
}

// An error reports whether the whole server is down or only this question failed.
func TestServerIsDown(t *testing.T) {
	for name, tt := range map[string]struct {
		play llmtest.Play
		want bool
	}{
		"hangs up at once":   {func(c *llmtest.Call) { c.Cut() }, true},
		"a bad gateway":      {func(c *llmtest.Call) { c.Refuse(502, "<html>") }, true},
		"no upstream":        {func(c *llmtest.Call) { c.Refuse(503, "no healthy upstream") }, true},
		"busy":               {func(c *llmtest.Call) { c.Refuse(503, `{"error":"Server busy"}`) }, false},
		"too many":           {func(c *llmtest.Call) { c.Refuse(429, `{}`) }, false},
		"a gateway waited":   {func(c *llmtest.Call) { c.Refuse(504, `<html>`) }, false},
		"failed":             {func(c *llmtest.Call) { c.Refuse(500, `{}`) }, false},
		"broke off":          {func(c *llmtest.Call) { c.Open(); c.Cut() }, false},
		"broke off in text":  {func(c *llmtest.Call) { c.Text("a"); c.Cut() }, false},
		"hangs up later":     {func(c *llmtest.Call) { c.Wait(2200 * time.Millisecond); c.Cut() }, false},
		"sends nothing":      {func(c *llmtest.Call) { c.Stall() }, false},
		"an error in stream": {func(c *llmtest.Call) { c.Fail("no") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Next(tt.play)
			o := client(t, s.URL, func(o *llm.OpenAIOptions) { o.FirstTokenTimeout = 3 * time.Second })
			if _, e := ask(t, o, question("?")); e == nil || e.Down != tt.want {
				t.Errorf("%v", e)
			}
		})
	}
}

// Reasoning has many names; all arrive as reasoning.
func TestReasoningUnderEveryName(t *testing.T) {
	for name, chunk := range map[string]string{
		"reasoning_content": `{"choices":[{"delta":{"reasoning_content":"hm"}}]}`,
		"reasoning":         `{"choices":[{"delta":{"reasoning":"hm"}}]}`,
		"thinking":          `{"choices":[{"delta":{"thinking":"hm"}}]}`,
		"details":           `{"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.text","text":"hm"}]}}]}`,
		"a summary":         `{"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.summary","summary":"hm"}]}}]}`,
		"several":           `{"choices":[{"delta":{"reasoning":"hm","reasoning_content":"hm","reasoning_details":[{"text":"hm"}]}}]}`,
		"Mistral":           `{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}}]}`,
		"tags":              `{"choices":[{"delta":{"content":"<think>hm</think>"}}]}`,
	} {
		s := llmtest.New(t)
		s.Next(func(c *llmtest.Call) { c.Raw(events(chunk, delta("a", ""), delta("", "stop"))) })
		if got, e := ask(t, client(t, s.URL), question("?")); got.Reasoning != "hm" || got.Text != "a" || e != nil {
			t.Errorf("%s: reasoning %q, text %q, %v", name, got.Reasoning, got.Text, e)
		}
	}
}
