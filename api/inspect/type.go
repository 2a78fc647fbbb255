package inspect

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// headSize is how much of a file its type is found from.
const headSize = 4096

// activeText are types that are text to a reader and active content to a browser or
// an office program. They are accepted under their own name, or as plain text.
func activeText(kind string) bool {
	return kind == "text/html" || kind == "text/rtf" || strings.HasSuffix(kind, "xml")
}

// typeOf finds the type of the bytes, and by which of the allowed types the file is
// accepted: its own, or text/plain for source code and the like. as is "" for none.
func typeOf(head []byte, allowed []string) (found, as string) {
	m := mimetype.Detect(head)
	found = bare(m.String())
	for kind := m; kind != nil; kind = kind.Parent() {
		name := bare(kind.String())
		for _, a := range allowed {
			if kind.Is(a) && (kind == m || name == plainText) {
				return found, a
			}
		}
		if activeText(name) {
			return found, ""
		}
	}
	return found, ""
}

// bare is a type without its parameters.
func bare(kind string) string {
	kind, _, _ = strings.Cut(kind, ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

// family is what a type and an extension must agree in.
func family(kind string) string {
	switch {
	case kind == "image/svg+xml", kind == "text/html", kind == "text/xml", kind == "application/xhtml+xml":
		return kind
	case strings.HasPrefix(kind, "image/"):
		return "an image"
	case strings.HasPrefix(kind, "text/"), strings.Contains(kind, "json"), kind == "application/x-subrip":
		return "text"
	case strings.HasPrefix(kind, "application/vnd.o"), kind == "application/zip", kind == "application/epub+zip":
		return "a document or an archive"
	case kind == "application/gzip", kind == "application/x-tar":
		return "a packed archive"
	case kind == "application/pdf":
		return "a PDF"
	}
	return kind
}

// families are what extensions promise, as far as it matters to who opens it.
var families = func() map[string]string {
	of := map[string]string{".svg": "image/svg+xml", ".svgz": "image/svg+xml", ".xml": "text/xml", ".pdf": "a PDF"}
	for kind, list := range map[string]string{
		"text/html":                "html htm xhtml xht shtml mht mhtml",
		"an image":                 "png apng jpg jpeg jfif gif webp bmp tif tiff ico avif heic",
		"a document or an archive": "docx xlsx pptx docm xlsm pptm dotx odt ods odp odg zip epub",
		"a packed archive":         "gz tgz tar",
		"text":                     "txt md markdown csv tsv json jsonl ndjson log yaml yml toml ini conf",
		"a program":                "exe com scr pif dll cpl msi msp hta lnk url wsf wsh vbe jse jar apk app dmg iso img chm reg desktop",
	} {
		for ext := range strings.FieldsSeq(list) {
			of["."+ext] = kind
		}
	}
	return of
}()

// agree refuses a file whose name or sender promises another kind of thing than
// the bytes are: who opens it is led by the name.
func agree(name, claimed, as string) error {
	is := family(as)
	ext := Extension(name)
	if promised := families[ext]; promised != "" && promised != is && !(as == plainText && markup[promised]) {
		return unsafe("its name ends in " + ext + ", which is " + promised + ", but its content is " + is + " (" + as + ")")
	}
	if claimed = bare(claimed); claimed == "application/pdf" || strings.HasPrefix(claimed, "image/") {
		if family(claimed) != is {
			return unsafe("it was sent as " + claimed + ", but its content is " + is + " (" + as + ")")
		}
	}
	return nil
}

// markup are the families of files that are text, but that a browser opens as pages.
var markup = map[string]bool{"text/html": true, "text/xml": true, "image/svg+xml": true}

// DownloadName returns the name under which a file is saved. Markup that was accepted
// as plain text gets a name that no browser opens as a page.
func DownloadName(name, mediaType string) string {
	if mediaType == plainText && markup[families[Extension(name)]] {
		return name + ".txt"
	}
	return name
}

// isAlsoZip says whether programs for archives find one at the end of the file:
// what makes one file two.
func isAlsoZip(r io.ReaderAt, size int64) bool {
	const record, comment = 22, 1<<16 - 1
	tail := make([]byte, min(size, record+comment))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return true // cannot be known
	}
	for at := bytes.LastIndex(tail, []byte("PK\x05\x06")); at >= 0; at = bytes.LastIndex(tail[:at], []byte("PK\x05\x06")) {
		if at+record <= len(tail) && at+record+int(tail[at+20])+int(tail[at+21])<<8 <= len(tail) {
			return true
		}
	}
	return false
}
