package rest

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Examples are made of the schemas, so that none of them can be wrong about one.

// exampleTexts are examples by the name of a field, where its type says too little.
var exampleTexts = map[string]any{ //nolint:gosec // examples, no credentials
	"name": "Garden", "title": "What to plant in March", "description": "Beds, tools and seeds", "content": "When do tomatoes go outside?",
	"content_html": "<p>After the last frost.</p>", "username": "ann", "login": "ann", "email": "ann@example.org",
	"password": "a long and quiet password", "current": "a long and quiet password", "new": "another quiet password",
	"model": "llama3.2", "model_used": "llama3.2", "provider": "openai", "detail": "there is no such thread", "version": "1.0.0",
	"websocket_url": "wss://parley.example.org/ws/chat/0198c0de-0000-7000-8000-000000000002", "token": "9f2c…", "access_token": "eyJhbGciOiJFZERTQSIs…",
	"user_agent": "Firefox on Linux", "address": "192.0.2.7", "instructions": "Answer briefly.", "finish_reason": "stop", "username_hint": "ann",
}

// example makes a value that a schema accepts.
func (b *book) example(s *huma.Schema) any { return b.exampleOf(s, "", 0) }

func (b *book) exampleOf(s *huma.Schema, name string, depth int) any {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		s = b.registry.SchemaFromRef(s.Ref)
	}
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.AnyOf) > 0:
		return b.exampleOf(s.AnyOf[0], name, depth)
	}
	switch s.Type {
	case huma.TypeObject:
		return b.exampleObject(s, depth)
	case huma.TypeArray:
		if depth > 3 {
			return []any{}
		}
		return []any{b.exampleOf(s.Items, strings.TrimSuffix(name, "s"), depth+1)}
	case huma.TypeBoolean:
		return false
	case huma.TypeInteger, huma.TypeNumber:
		if s.Minimum != nil && *s.Minimum > 1 {
			return *s.Minimum
		}
		return 1
	default:
		return exampleText(s, name)
	}
}

func (b *book) exampleObject(s *huma.Schema, depth int) any {
	out := map[string]any{}
	for field, p := range s.Properties {
		out[field] = b.exampleOf(p, field, depth+1)
	}
	if extra, ok := s.AdditionalProperties.(*huma.Schema); ok {
		out["store"] = b.exampleOf(extra, "", depth+1)
	}
	return out
}

func exampleText(s *huma.Schema, name string) any {
	switch s.Format {
	case "uuid":
		return "0198c0de-0000-7000-8000-000000000001"
	case "date-time":
		return "2026-01-31T12:00:00.000Z"
	case "email":
		return "ann@example.org"
	}
	text, known := exampleTexts[name].(string)
	if !known {
		text = "text"
	}
	if s.MaxLength != nil && len(text) > *s.MaxLength {
		text = text[:*s.MaxLength]
	}
	return text
}
