package llm

import "testing"

// Each line is what a server really answers, or a released version of it did.
var overflows = map[string]struct {
	status int
	body   string
	limit  int // that it tells, 0 for none
}{
	"OpenAI":                {400, `{"error":{"message":"This model's maximum context length is 4097 tokens. However, your messages resulted in 4294 tokens. Please reduce the length of the messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, 4097},
	"OpenAI, with answer":   {400, `{"error":{"message":"This model's maximum context length is 8192 tokens, however you requested 10000 tokens (9000 in your prompt; 1000 for the completion). Please reduce your prompt; or completion length.","type":"invalid_request_error"}}`, 8192},
	"OpenAI, newer":         {400, `{"error":{"message":"Your input exceeds the context window of this model. Please adjust your input and try again.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}`, 0},
	"OpenAI, a minute":      {429, `{"error":{"message":"Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Requested 46520. The input or output tokens must be reduced in order to run successfully.","type":"tokens","code":"rate_limit_exceeded"}}`, 0},
	"Azure":                 {400, `{"error":{"message":"This model's maximum context length is 16384 tokens. However, you requested 20000 tokens (19000 in the messages, 1000 in the completion). Please reduce the length of the messages or completion.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, 16384},
	"vLLM":                  {400, `{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5012 tokens in the messages, Please reduce the length of the messages.","type":"BadRequestError","param":null,"code":400}`, 4096},
	"vLLM, newest":          {400, `{"error":{"message":"You passed 5012 input tokens and requested 100 output tokens. However, the model's context length is only 4096 tokens, resulting in a maximum input length of 3996 tokens. Please reduce the length of the input prompt. (parameter=input_tokens, value=5012)","type":"BadRequestError","param":"input_tokens","code":400}}`, 4096},
	"vLLM, decoder prompt":  {400, `{"error":{"message":"The decoder prompt (length 7064) is longer than the maximum model length of 6144. Make sure that max_model_len is no smaller than the number of text tokens.","type":"BadRequestError","code":400}}`, 6144},
	"llama.cpp":             {400, `{"error":{"code":400,"message":"request (4476 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":4476,"n_ctx":4096}}`, 4096},
	"llama.cpp, field":      {400, `{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":4476,"n_ctx":2048}}`, 2048},
	"llama.cpp, older":      {500, `{"error":{"code":500,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"server_error"}}`, 0},
	"llama.cpp, in stream":  {0, `{"code":500,"message":"Context size has been exceeded.","type":"server_error"}`, 0},
	"llama-cpp-python":      {400, `{"error":{"message":"This model's maximum context length is 2048 tokens, however you requested 5012 tokens (4912 in your prompt; 100 for the completion). Please reduce your prompt; or completion length.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, 2048},
	"llama-cpp-python, 400": {400, `{"error":{"message":"Requested tokens (5012) exceed context window of 2048","type":"invalid_request_error"}}`, 2048},
	"llama-cpp-python, 500": {500, `{"error":{"message":"Requested tokens (5012) exceed context window of 2048","type":"internal_server_error"}}`, 2048},
	"Ollama":                {400, `{"error":{"message":"the input length exceeds the context length","type":"invalid_request_error","param":null,"code":null}}`, 0},
	"Ollama, cloud":         {400, `{"error":{"message":"the prompt is too long: 9012, model maximum context length: 8192","type":"invalid_request_error"}}`, 8192},
	"Ollama, runner":        {500, `{"error":{"message":"prompt too long; exceeded max context length by 300 tokens","type":"api_error"}}`, 0},
	"LM Studio":             {400, `{"error":"Trying to keep the first 14538 tokens when context the overflows. However, the model is loaded with context length of only 2048 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input"}`, 2048},
	"LM Studio, n_keep":     {400, `{"error":"The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 5012 >= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input."}`, 4096},
	"LM Studio, reached":    {0, `{"error":{"message":"Reached context length of 4096 tokens with model (arch: llama), but this model does not currently support mid-generation context overflow."}}`, 4096},
	"TGI":                   {422, "{\"error\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 100 `max_new_tokens`\",\"error_type\":\"validation\"}", 4096},
	"TGI, inputs":           {422, "{\"error\":\"Input validation error: `inputs` must have less than 1024 tokens. Given: 1500\",\"error_type\":\"validation\"}", 1024},
	"SGLang":                {400, `{"object":"error","message":"The input (5000 tokens) is longer than the model's context length (4096 tokens).","type":"BadRequestError","code":400}`, 4096},
	"SGLang, requested":     {400, `{"object":"error","message":"Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5012 tokens: 4912 tokens from the input messages and 100 tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.","type":"BadRequest","code":400}`, 4096},
	"LiteLLM":               {400, `{"error":{"message":"litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - prompt is too big. Received Model Group=m","type":null,"param":null,"code":"400"}}`, 0},
	"OpenRouter":            {400, `{"error":{"message":"This endpoint's maximum context length is 8192 tokens. However, you requested about 9012 tokens (8900 of text input, 112 in the output). Please reduce the length of either one, or use the \"middle-out\" transform to compress your prompt automatically.","code":400,"metadata":{"provider_name":null}}}`, 8192},
	"Anthropic":             {400, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}`, 200000},
	"Anthropic, both":       {400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease input length or `max_tokens` and try again\"}}", 200000},
	"Mistral":               {400, `{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_invalid_args","param":null,"code":"3051"}`, 32768},
	"Groq":                  {400, `{"error":{"message":"Please reduce the length of the messages or completion. Current length is 10000 while limit is 8192","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, 8192},
	"Groq, a minute":        {413, "{\"error\":{\"message\":\"Request too large for model `llama-3.1-8b-instant` in organization `org_1` on tokens per minute (TPM): Limit 6000, Requested 9012, please reduce your message size and try again.\",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}", 0},
	"DeepSeek":              {400, `{"error":{"message":"This model's maximum context length is 65536 tokens. However, you requested 70012 tokens (70000 in the messages, 12 in the completion). Please reduce the length of the messages or completion.","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`, 65536},
	"Cohere":                {400, `{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5012. Try using a shorter prompt, or enable prompt truncating."}`, 4081},
	"Gemini":                {400, `[{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]`, 1048576},
	"xAI":                   {400, `{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 200000 tokens."}`, 131072},
	"Bedrock":               {400, `{"message":"Input is too long for requested model."}`, 0},
	"Together":              {422, "{\"error\":{\"message\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 `inputs` tokens and 512 `max_new_tokens`\",\"type\":\"invalid_request_error\"}}", 4097},
	"Fireworks":             {400, `{"error":{"object":"error","type":"invalid_request_error","message":"The prompt is too long: 9012, model maximum context length: 8192"}}`, 8192},
	"Alibaba":               {400, `{"error":{"code":"invalid_parameter_error","message":"Range of input length should be [1, 30720]","type":"invalid_request_error"}}`, 30720},
	"Moonshot":              {400, `{"error":{"message":"Invalid request: Your request exceeded model token limit: 8192","type":"invalid_request_error"}}`, 8192},
	"Zhipu":                 {400, `{"error":{"code":"1261","message":"Prompt exceeds max length"}}`, 0},
	"MiniMax":               {0, `{"base_resp":{"status_code":2013,"status_msg":"invalid params, context window exceeds limit"}}`, 0},
	"TabbyAPI":              {400, `{"detail":"Prompt length 5012 is greater than max_seq_len 4096"}`, 4096},
	"TensorRT-LLM":          {400, `{"object":"error","message":"Prompt length (5012) exceeds maximum input length (4096). Set log level to info and check TRTGptModel logs for how maximum input length is set","type":"BadRequestError","code":400}`, 4096},
	"SambaNova":             {400, `{"error":{"message":"Requested generation length 1 is not possible! The provided prompt is 9000 tokens long, so generating 1 tokens requires a sequence length of 9001, but the maximum supported sequence length is just 8192!","type":"Error"}}`, 8192},
	"GitHub Models":         {413, `{"error":{"code":"tokens_limit_reached","message":"Request body too large for gpt-4o model. Max size: 8000 tokens.","details":"Request body too large for gpt-4o model. Max size: 8000 tokens."}}`, 8000},
	"Cerebras":              {400, `{"message":"Please reduce the length of the messages or completion. Current length is 8500 while limit is 8192","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}`, 8192},
	"AI21":                  {422, `{"detail":"Prompt has 9000 tokens, which exceeds the limit of 8192 tokens"}`, 8192},
	"Venice":                {0, `{"error_type":"context_length_exceeded","error_message":"too long"}`, 0},
	"a proxy":               {413, `<html><title>413 Request Entity Too Large</title></html>`, 0},
	"with a k":              {400, `{"error":"prompt is longer than the maximum context of 32k tokens"}`, 32000},
	"with separators":       {400, `{"error":"This model's maximum context length is 131,072 tokens, you sent 140,000"}`, 131072},
	"somebody's own words":  {400, `{"error":"The conversation is too long for the context of this model"}`, 0},
	"somebody's words, 500": {500, `{"error":"ValueError: input tokens (5012) exceed the context length"}`, 0},
}

func TestOverflowInEveryWording(t *testing.T) {
	o := &OpenAI{}
	for name, tt := range overflows {
		t.Run(name, func(t *testing.T) {
			e := o.fault([]byte(tt.body)).error(tt.status)
			if e.Kind != KindContextExceeded {
				t.Errorf("kind %s: %s", e.Kind, e.Message)
			}
			if got := e.fault.contextLimit(); got != tt.limit {
				t.Errorf("limit %d, want %d", got, tt.limit)
			}
		})
	}
}

// What sounds like it and is something else.
func TestNoOverflow(t *testing.T) {
	o := &OpenAI{}
	for name, tt := range map[string]struct {
		status int
		body   string
		want   Kind
	}{
		"too many tokens a minute":    {429, `{"error":{"message":"Rate limit reached for gpt-4 on tokens per min (TPM): Limit 10000, Used 9000, Requested 2000. Please try again in 6s.","type":"tokens","code":"rate_limit_exceeded"}}`, KindRateLimited},
		"too many tokens a day":       {400, `{"error":"You have exceeded the number of tokens per day"}`, KindBadRequest},
		"quota":                       {200, `{"code":"1302","msg":"quota used up","success":false}`, KindServerError},
		"a long answer was asked for": {400, `{"error":{"message":"max_tokens is too large: 100000. This model supports at most 4096 completion tokens, whereas you provided 100000.","type":"invalid_request_error","param":"max_tokens"}}`, KindBadRequest},
		"out of memory":               {500, `{"error":{"message":"CUDA out of memory. Tried to allocate 2.00 GiB"}}`, KindServerError},
		"a time-out":                  {500, `{"error":{"message":"the prompt processing exceeded its timeout: timed out"}}`, KindServerError},
		"an image":                    {400, `{"error":{"message":"messages: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes"}}`, KindBadRequest},
		"a bad key":                   {401, `{"error":{"message":"token is invalid"}}`, KindUnauthorized},
		"concurrency":                 {400, `{"error":"number of concurrent requests exceeds the limit, concurrency 4"}`, KindBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			if e := o.fault([]byte(tt.body)).error(tt.status); e.Kind != tt.want {
				t.Errorf("kind %s, want %s: %s", e.Kind, tt.want, e.Message)
			}
		})
	}
}
