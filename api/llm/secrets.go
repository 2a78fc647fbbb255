package llm

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// secretREs match credentials that a server or a proxy may quote in an error.
// The first group stays.
var secretREs = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=*-]{6,}`),
	regexp.MustCompile(`(\b)(?:sk-|pk-|pk_|rk_|gsk_|hf_|xai-|nvapi-|r8_|csk-|pplx-|AIza|gh[pousr]_|glpat-|eyJ)[A-Za-z0-9._*-]{4,}`),
	regexp.MustCompile(`(?i)(\b(?:x-)?(?:api[-_ ]?key|authorization|access[-_]?token|auth[-_]?token|secret|password|passwd)[\\"']*\s*[:=]\s*[\\"']*)[^\s\\"',;}]+`),
	regexp.MustCompile(`(?i)(\bkey provided:?\s+["']?)[^\s"',;}]+`),
	regexp.MustCompile(`(://)[^/\s:@]+:[^/\s@]+@`),
}

// redact takes the API key, and all that looks like a credential, out of what a
// server said.
func (o *OpenAI) redact(s string) string {
	if o.keyRE != nil {
		s = o.keyRE.ReplaceAllString(s, "…")
	}
	return Redact(s)
}

// Redact replaces all that looks like a credential in s by an ellipsis.
func Redact(s string) string {
	for _, re := range secretREs {
		s = re.ReplaceAllString(s, "${1}…")
	}
	return s
}

// hide keeps credentials out of errors that quote what a server said.
func (o *OpenAI) hide(err error) error {
	if s := o.redact(err.Error()); s != err.Error() {
		return errors.New(s)
	}
	return err
}

// keyPattern matches an API key as a server may quote it: as it is, or with its
// punctuation escaped for JSON, HTML or a URL; whole, or its beginning, of at least 8
// characters, where the server cut it. It is nil for a key that is too short to be secret.
func keyPattern(key string) *regexp.Regexp {
	const least, beginning, long = 4, 8, 16
	if len(key) < least {
		return nil
	}
	flags, pattern := "", escapes(key)
	if len(key) >= long { // of a shorter one, the word may be in use, such as "ollama"
		flags, pattern = "(?i)", pattern+"|"+escapes(key[:beginning])+`[A-Za-z0-9._~+/=*-]*`
	}
	return regexp.MustCompile(flags + pattern)
}

// escapes returns a pattern for s, which is ASCII, in which each character that is no
// letter and no digit may be escaped.
func escapes(s string) string {
	names := map[rune]string{'&': "&amp;|", '<': "&lt;|", '>': "&gt;|", '"': "&quot;|", '\'': "&apos;|"}
	var b strings.Builder
	for _, c := range s {
		if c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
			b.WriteRune(c)
			continue
		}
		fmt.Fprintf(&b, `(?:%s\\*%s|\\+u00(?i:%02x)|%%(?i:%02x)|&#0*%d;|&#[xX]0*(?i:%x);)`, names[c], regexp.QuoteMeta(string(c)), c, c, c, c)
	}
	return b.String()
}
