package llm

import (
	"errors"
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
	if len(o.o.APIKey) >= 4 {
		s = strings.ReplaceAll(s, o.o.APIKey, "…")
	}
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
