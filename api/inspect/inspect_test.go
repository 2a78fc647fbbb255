package inspect_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/parley-app/parley/api/inspect"
)

var types = []string{
	"text/plain", "text/csv", "application/json", "application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp",
	"application/zip", "application/gzip", "application/x-tar",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.oasis.opendocument.text",
}

func rules(t testing.TB) inspect.Rules {
	return inspect.Rules{
		Types: types, MaxUnpacked: 64 << 20, MaxPixels: 10_000_000,
		Temp: func() (*os.File, error) { return os.CreateTemp(t.TempDir(), "") },
	}
}

func look(t testing.TB, name string, b []byte) (inspect.Found, error) {
	return rules(t).Look(inspect.File{ReaderAt: bytes.NewReader(b), Size: int64(len(b)), Name: name})
}

// A member is a file in an archive.
type member struct {
	name string
	body []byte
}

func zipped(t testing.TB, list ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range list {
		method := zip.Deflate
		if len(m.body) == 0 { // a compressor for each of ten thousand takes a minute
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err == nil {
			_, err = w.Write(m.body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	_, err = z.Write(body)
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t testing.TB, list ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range list {
		body := make([]byte, h.Size)
		err := w.WriteHeader(&h)
		if err == nil && h.Typeflag == tar.TypeReg {
			_, err = w.Write(body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifOf(t testing.TB, frames int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for range frames {
		g.Image = append(g.Image, image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black, color.White}))
		g.Delay = append(g.Delay, 1)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// docx is a document as small as programs take it, with more in it.
func docx(t testing.TB, more ...member) []byte {
	return zipped(t, append([]member{
		{"[Content_Types].xml", []byte(`<?xml version="1.0"?><Types/>`)},
		{"_rels/.rels", []byte(`<Relationships/>`)},
		{"word/document.xml", []byte(`<w:document><w:t>hello</w:t></w:document>`)},
	}, more...)...)
}

func odt(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range []member{{"mimetype", []byte("application/vnd.oasis.opendocument.text")}, {"content.xml", []byte("<office/>")}} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(m.body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pdf(t testing.TB, streams ...[]byte) []byte {
	t.Helper()
	b := []byte("%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n")
	for i, s := range streams {
		b = fmt.Appendf(b, "%d 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\r\n%s\nendstream\nendobj\n", i+2, len(s), s)
	}
	return append(b, "trailer<<>>\n%%EOF\n"...)
}

func deflated(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	_, err = z.Write(body)
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTypeIsFoundFromTheBytes(t *testing.T) {
	for name, tt := range map[string]struct {
		body []byte
		want string
	}{
		"notes.txt":  {[]byte("some words\n"), "text/plain"},
		"notes.md":   {[]byte("# A title\n\nwords"), "text/plain"},
		"main.go":    {[]byte("package main\n"), "text/plain"},
		"run.py":     {[]byte("#!/usr/bin/python3\nprint()\n"), "text/plain"},
		"README.md":  {[]byte("<h1 align=\"center\">Turnips</h1>\n\n# Growing\n"), "text/plain"},
		"NOTES":      {[]byte("<!-- to do -->\n- sow\n"), "text/plain"},
		"card.jsx":   {[]byte("<div>{title}</div>\n"), "text/plain"},
		"App.vue":    {[]byte("<script setup>\nlet a\n</script>\n"), "text/plain"},
		"log.txt":    {[]byte("<!DOCTYPE html><script>alert(1)</script>"), "text/plain"},
		"page.html":  {[]byte("<!DOCTYPE html><script>alert(1)</script>"), "text/plain"},
		"part.html":  {[]byte("hello <b>there</b>"), "text/plain"},
		"pom.xml":    {[]byte("<?xml version=\"1.0\"?>\n<project/>\n"), "text/plain"},
		"plan.svg":   {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`), "text/plain"},
		"MZ.txt":     {[]byte("MZ is how Windows programs begin\n"), "text/plain"},
		"BM.md":      {[]byte("BMW, Audi and the others\n"), "text/plain"},
		"pdf.txt":    {[]byte("%PDF-1.4 begins a PDF\n"), "text/plain"},
		"utf16.txt":  {[]byte("w\x00o\x00r\x00d\x00s\x00\n\x00"), "text/plain"},
		"old.csv":    {[]byte("Artikel;Gr\xf6\xdfe;Preis\nT\xfcr;gro\xdf;12\n"), "text/plain"},
		"list.csv":   {[]byte("a,b,c\n1,2,3\n4,5,6\n"), "text/csv"},
		"data.json":  {[]byte(`{"a":[1,2,3]}`), "application/json"},
		"noname":     {[]byte("words"), "text/plain"},
		"a.pdf":      {pdf(t, deflated(t, []byte("BT ET"))), "application/pdf"},
		"a.png":      {pngOf(t, 40, 30), "image/png"},
		"a.jpg":      {jpegOf(t, 40, 30), "image/jpeg"},
		"a.gif":      {gifOf(t, 2), "image/gif"},
		"wrong.jpeg": {pngOf(t, 4, 3), "image/png"}, // an image is an image
		"a.zip":      {zipped(t, member{"a/b.txt", []byte("x")}), "application/zip"},
		"a.docx":     {docx(t), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		"a.odt":      {odt(t), "application/vnd.oasis.opendocument.text"},
		"a.tar":      {tarred(t, tar.Header{Name: "a.txt", Typeflag: tar.TypeReg, Size: 10}), "application/x-tar"},
		"a.tgz":      {gzipped(t, tarred(t, tar.Header{Name: "a.txt", Typeflag: tar.TypeReg, Size: 10})), "application/gzip"},
		"b.zip":      {zipped(t, member{"in.zip", zipped(t, member{"x", []byte("y")})}), "application/zip"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := look(t, name, tt.body)
			if err != nil || got.MediaType != tt.want {
				t.Errorf("it is %+v, %v; want %s", got, err, tt.want)
			}
		})
	}
	if got, err := look(t, "a.png", pngOf(t, 40, 30)); got.Width != 40 || got.Height != 30 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Item 8 of the attack list: a fixed list of types, found by content and not by
// name; SVG, HTML and XML; polyglots; zip bombs; zip slip.
func TestUploadsThatAreRefused(t *testing.T) {
	zeros := make([]byte, 40<<20)
	nest := func(n int) []byte {
		b := []byte("x")
		for i := range n {
			b = zipped(t, member{fmt.Sprintf("%d.zip", i), b})
		}
		return b
	}
	bombPNG := pngOf(t, 10, 10)
	binary.BigEndian.PutUint32(bombPNG[16:], 60_000)
	binary.BigEndian.PutUint32(bombPNG[20:], 60_000)
	binary.BigEndian.PutUint32(bombPNG[29:], crc32.ChecksumIEEE(bombPNG[12:29]))
	many := make([]member, 10_001)
	for i := range many {
		many[i].name = fmt.Sprint(i)
	}
	encrypted := zipped(t, member{"a.txt", []byte("words")})
	encrypted[6] |= 1
	encrypted[bytes.Index(encrypted, []byte("PK\x01\x02"))+8] |= 1
	for name, tt := range map[string]struct {
		file string
		body []byte
		want string // part of the sentence; "type": the type is not allowed
	}{
		"empty":                      {"a.txt", nil, "empty"},
		"SVG as an image":            {"a.png", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`), "type"},
		"RTF":                        {"a.rtf", []byte(`{\rtf1 \object}`), "type"},
		"a program":                  {"a.txt", append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 100)...), "type"},
		"a Windows program":          {"a.pdf", append([]byte("MZ\x90\x00"), make([]byte, 100)...), "type"},
		"bytes":                      {"a.txt", []byte{0, 1, 2, 3, 0xff, 0xfe}, "type"},
		"HTML as a program":          {"a.hta", []byte("<script>alert(1)</script>"), "type"},
		"HTML as an image":           {"a.png", []byte("<script>alert(1)</script>"), "type"},
		"text that is no text":       {"a.txt", []byte("\x80\x81\x8d\x8f\x90\x9d words"), "save it as UTF-8"},
		"text with a damaged end":    {"a.txt", append(bytes.Repeat([]byte("Größe\n"), 20_000), 0xff, '\n'), "character 120001 is not valid utf-8"},
		"text named like a program":  {"a.exe", []byte("words"), "ends in .exe"},
		"an image named like a PDF":  {"a.pdf", pngOf(t, 4, 4), "ends in .pdf"},
		"a ZIP named like an image":  {"a.png", zipped(t, member{"a", nil}), "ends in .png"},
		"an image that is a ZIP":     {"a.gif", append(gifOf(t, 1), zipped(t, member{"a", []byte("x")})...), "and a ZIP archive in one"},
		"a PDF that is a ZIP":        {"a.pdf", append(pdf(t), zipped(t, member{"a", []byte("x")})...), "and a ZIP archive in one"},
		"text that is a ZIP":         {"a.txt", append(bytes.Repeat([]byte("words\n"), 1000), zipped(t, member{"a", []byte("x")})...), "and a ZIP archive in one"},
		"a bomb of pixels":           {"a.png", bombPNG, "60000 by 60000"},
		"an image cut off":           {"a.png", pngOf(t, 4, 4)[:20], "damaged"},
		"a ZIP bomb":                 {"a.zip", zipped(t, member{"a", zeros}), "unpacked"},
		"two halves of a ZIP bomb":   {"a.zip", zipped(t, member{"a", zeros[:35<<20]}, member{"b", zeros[:35<<20]}), "unpacked"},
		"a bomb in a document":       {"a.docx", docx(t, member{"word/media/x", zeros}), "unpacked"},
		"a gzip bomb":                {"a.gz", gzipped(t, zeros), "unpacked"},
		"a tar bomb in gzip":         {"a.tgz", gzipped(t, tarred(t, tar.Header{Name: "a", Typeflag: tar.TypeReg, Size: 40 << 20})), "unpacked"},
		"a gzip bomb in a ZIP":       {"a.zip", zipped(t, member{"a.gz", gzipped(t, zeros)}), "unpacked"},
		"gzip in gzip in gzip":       {"a.gz", gzipped(t, gzipped(t, gzipped(t, gzipped(t, []byte("x"))))), "archives within archives"},
		"ZIP in ZIP in ZIP":          {"a.zip", nest(5), "archives within archives"},
		"a PDF bomb":                 {"a.pdf", pdf(t, deflated(t, zeros)), "unpacked"},
		"a PDF bomb in two layers":   {"a.pdf", pdf(t, deflated(t, deflated(t, zeros))), "unpacked"},
		"ten thousand files":         {"a.zip", zipped(t, many...), "10,000"},
		"ZIP slip":                   {"a.zip", zipped(t, member{"../../etc/cron.d/x", []byte("x")}), "leads out"},
		"ZIP slip by backslashes":    {"a.zip", zipped(t, member{`..\..\x`, []byte("x")}), "leads out"},
		"ZIP slip in a document":     {"a.docx", docx(t, member{"word/../../x", []byte("x")}), "leads out"},
		"ZIP slip in a ZIP in a ZIP": {"a.zip", zipped(t, member{"in.zip", zipped(t, member{"../x", []byte("x")})}), "leads out"},
		"an absolute name":           {"a.zip", zipped(t, member{"/etc/passwd", []byte("x")}), "leads out"},
		"a drive":                    {"a.zip", zipped(t, member{`C:\x`, []byte("x")}), "leads out"},
		"tar slip":                   {"a.tar", tarred(t, tar.Header{Name: "../x", Typeflag: tar.TypeReg, Size: 1}), "leads out"},
		"tar slip in gzip":           {"a.tgz", gzipped(t, tarred(t, tar.Header{Name: "/x", Typeflag: tar.TypeReg, Size: 1})), "leads out"},
		"a link out of a tar":        {"a.tar", tarred(t, tar.Header{Name: "a", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}), "leads out|links"},
		"a link up and out":          {"a.tar", tarred(t, tar.Header{Name: "a", Linkname: "../../x", Typeflag: tar.TypeLink}), "leads out|links"},
		"a device in a tar":          {"a.tar", tarred(t, tar.Header{Name: "a", Typeflag: tar.TypeChar, Devmajor: 1}), "devices"},
		"an encrypted ZIP":           {"a.zip", encrypted, "encrypted"},
		"macros":                     {"a.docx", docx(t, member{"word/vbaProject.bin", []byte("x")}), "macros"},
		"entities in XML":            {"a.docx", docx(t, member{"word/a.xml", []byte(`<!DOCTYPE x [<!ENTITY a "b">]>`)}), "entities"},
		"a ZIP cut off":              {"a.zip", zipped(t, member{"a", zeros[:1000]})[:60], "damaged"},
		"a gzip cut off":             {"a.gz", gzipped(t, zeros[:1000])[:14], "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := look(t, tt.file, tt.body)
			refusal, ok := errors.AsType[*inspect.RefusalError](err)
			switch {
			case !ok:
				t.Errorf("it is taken: %+v, %v", got, err)
			case tt.want == "type" && !refusal.BadType, tt.want != "type" && refusal.BadType:
				t.Errorf("%v", refusal)
			case tt.want == "type":
			default:
				found := false
				for want := range strings.SplitSeq(tt.want, "|") {
					found = found || strings.Contains(refusal.Reason, want)
				}
				if !found {
					t.Errorf("it says %q, not %q", refusal.Reason, tt.want)
				}
			}
		})
	}
}

func TestMarkupIsSavedUnderANameThatNoBrowserOpens(t *testing.T) {
	for name, want := range map[string]string{"page.html": "page.html.txt", "a.SVG": "a.SVG.txt", "pom.xml": "pom.xml.txt", "a.xhtml": "a.xhtml.txt", "README.md": "README.md", "a.jsx": "a.jsx"} {
		if got := inspect.DownloadName(name, "text/plain"); got != want {
			t.Errorf("%s is saved as %s, want %s", name, got, want)
		}
	}
	if got := inspect.DownloadName("a.html", "text/html"); got != "a.html" {
		t.Errorf("what the administrator allows keeps its name, not %s", got)
	}
}

// A small archive whose files are all the same bytes unpacks to any size.
func TestOverlappingFiles(t *testing.T) {
	body := zipped(t, member{"a", bytes.Repeat([]byte("x"), 1000)}, member{"b", bytes.Repeat([]byte("x"), 1000)})
	first := bytes.Index(body, []byte("PK\x01\x02"))
	second := first + 4 + bytes.Index(body[first+4:], []byte("PK\x01\x02"))
	copy(body[second+42:second+46], body[first+42:first+46]) // both begin where the first does
	if _, err := look(t, "a.zip", body); err == nil || !strings.Contains(err.Error(), "overlap") {
		t.Errorf("got %v", err)
	}
}

func TestWhatTheSenderSays(t *testing.T) {
	body := pngOf(t, 4, 4)
	for claimed, taken := range map[string]bool{
		"": true, "application/octet-stream": true, "image/png": true, "image/jpeg; x=y": true, "text/plain": true,
		"application/pdf": false, "image/svg+xml": false,
	} {
		_, err := rules(t).Look(inspect.File{ReaderAt: bytes.NewReader(body), Size: int64(len(body)), Name: "a", Claimed: claimed})
		if (err == nil) != taken {
			t.Errorf("as %q: %v", claimed, err)
		}
	}
}

func FuzzLook(f *testing.F) {
	for _, b := range [][]byte{
		zipped(f, member{"a", []byte("b")}), docx(f), odt(f), pdf(f, deflated(f, []byte("x"))), gzipped(f, []byte("x")),
		tarred(f, tar.Header{Name: "a", Typeflag: tar.TypeReg, Size: 3}), pngOf(f, 3, 3), jpegOf(f, 3, 3), gifOf(f, 2), []byte("words"),
	} {
		f.Add("a.bin", b)
	}
	r := rules(f)
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		file := inspect.File{ReaderAt: bytes.NewReader(b), Size: int64(len(b)), Name: inspect.Name(name)}
		found, err := r.Look(file)
		if err != nil {
			if _, ok := errors.AsType[*inspect.RefusalError](err); !ok {
				t.Errorf("no refusal: %v", err)
			}
			return
		}
		if inspect.IsRaster(found.MediaType) {
			var out bytes.Buffer
			if err := inspect.Strip(&out, file, found.MediaType); err == nil && out.Len() > len(b)+64 {
				t.Errorf("stripped, it is larger: %d of %d bytes", out.Len(), len(b))
			}
		}
	})
}
