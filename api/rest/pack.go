package rest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/parley-app/parley/api"
)

// leastPacked is the size from which packing an answer saves a packet.
const leastPacked = 1400

// packers are the codings that an answer can be packed with, the cheapest of those
// that pack well first.
var packers = []struct {
	coding string
	pack   func(dst, src []byte) []byte
}{
	{"zstd", func(dst, src []byte) []byte {
		return fasthttp.AppendZstdBytesLevel(dst, src, fasthttp.CompressZstdBestSpeed)
	}},
	{"br", func(dst, src []byte) []byte { return fasthttp.AppendBrotliBytesLevel(dst, src, 3) }},
	{"gzip", func(dst, src []byte) []byte { return fasthttp.AppendGzipBytesLevel(dst, src, 3) }},
}

// packAnswer packs the answer to a GET if it is text of some size and the client
// takes a coding. What signs in or makes a key is never a GET, so nothing secret
// is packed together with what somebody else may have written: the length would
// tell of it (BREACH).
func packAnswer(c *fiber.Ctx) {
	if m := c.Method(); m != http.MethodGet && m != http.MethodHead {
		return
	}
	r := c.Response()
	if r.StatusCode() != http.StatusOK || r.IsBodyStream() || len(r.Body()) < leastPacked {
		return
	}
	kind, _, _ := strings.Cut(string(r.Header.ContentType()), ";")
	if !packs(kind) || len(r.Header.ContentEncoding()) > 0 || len(r.Header.Peek(fiber.HeaderSetCookie)) > 0 || len(r.Header.Peek(fiber.HeaderContentDisposition)) > 0 {
		return
	}
	if tag := r.Header.Peek(fiber.HeaderETag); len(tag) > 0 && tag[0] != 'W' {
		return // a strong tag is of these very bytes
	}
	if !bytes.Contains(r.Header.Peek(fiber.HeaderVary), []byte(fiber.HeaderAcceptEncoding)) {
		c.Vary(fiber.HeaderAcceptEncoding)
	}
	i := bestPacker(c.Get(fiber.HeaderAcceptEncoding))
	if i < 0 {
		return
	}
	r.SetBodyRaw(packers[i].pack(nil, r.Body()))
	r.Header.SetContentEncoding(packers[i].coding)
}

// bestPacker returns the index of the coding that the client likes best, of equals
// the first, or -1: RFC 9110, section 12.5.3.
func bestPacker(header string) int {
	best, weight := -1, 0.0
	for i := range packers {
		if w := weightOf(packers[i].coding, header); w > weight {
			best, weight = i, w
		}
	}
	return best
}

// weightOf is how much the client likes a coding, from 0 (not at all) to 1. What
// is not named is as good as *, which is taken to mean gzip: clients that send it
// know no more.
func weightOf(coding, header string) float64 {
	other := 0.0
	for part := range strings.SplitSeq(header, ",") {
		name, rest, _ := strings.Cut(part, ";")
		q := 1.0
		if text, weighs := strings.CutPrefix(strings.ToLower(strings.TrimSpace(rest)), "q="); weighs {
			var err error
			if q, err = strconv.ParseFloat(text, 64); err != nil || q < 0 || q > 1 {
				q = 0
			}
		}
		switch name = strings.ToLower(strings.TrimSpace(name)); {
		case name == coding:
			return q
		case name == "*" && coding == "gzip":
			other = q
		}
	}
	return other
}

// tagSeed makes the tags of this process; those of another are new to it, which
// costs a client one answer.
var tagSeed = maphash.MakeSeed()

// tagAnswer lets a client that asks for a list again and again be told that
// nothing has changed. The tag is weak: it is the same for all codings. The
// answer belongs to this caller, and is asked about each time. sum is the answer's,
// 0 if nobody knows it.
func tagAnswer(c *fiber.Ctx, sum api.Sum) {
	if sum == 0 {
		sum = api.Sum(maphash.Bytes(tagSeed, c.Response().Body()))
	}
	tag := tagOf(sum)
	h := &c.Response().Header
	h.SetCanonical(etag, []byte(tag))
	h.SetCanonical(cacheControl, askAgain)
	h.SetCanonical(vary, byCaller)
	if matches(c.Get(fiber.HeaderIfNoneMatch), tag) {
		c.Status(http.StatusNotModified)
		c.Response().ResetBody()
		h.Del(fiber.HeaderContentType)
	}
}

func tagOf(sum api.Sum) string {
	b := append(make([]byte, 0, 24), `W/"`...)
	b = hex.AppendEncode(b, binary.BigEndian.AppendUint64(nil, uint64(sum)))
	return string(append(b, '"'))
}

// matches says whether If-None-Match names tag, compared weakly.
func matches(header, tag string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(part), "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
