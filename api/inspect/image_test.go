package inspect_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"slices"
	"strings"
	"testing"

	_ "golang.org/x/image/webp"

	"github.com/parley-app/parley/api/inspect"
)

const canary = "CANARY 52.5200N 13.4050E"

// pngChunk puts a chunk behind the header of a PNG.
func pngChunk(b []byte, kind, body string) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	chunk = append(append(chunk, kind...), body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return slices.Insert(slices.Clone(b), 33, chunk...)
}

func jpegSegment(b []byte, marker byte, body string) []byte {
	segment := append([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
	return slices.Insert(slices.Clone(b), 2, segment...)
}

// exif says that the picture lies on its side, and where it was taken.
func exif(way byte) string {
	tiff := "II\x2a\x00\x08\x00\x00\x00\x02\x00" +
		"\x0e\x01\x02\x00\x18\x00\x00\x00\x26\x00\x00\x00" +
		"\x12\x01\x03\x00\x01\x00\x00\x00" + string(way) + "\x00\x00\x00" + "\x00\x00\x00\x00"
	return "Exif\x00\x00" + tiff + canary
}

// webp is one pixel, with a box for what comes with it.
func webp(more ...string) []byte {
	body := []byte("WEBP" + "VP8X\x0a\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"VP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
	for _, m := range more {
		body = append(body, m...)
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func file(b []byte) inspect.File {
	return inspect.File{ReaderAt: bytes.NewReader(b), Size: int64(len(b)), Name: "a"}
}

func strip(t *testing.T, kind string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := inspect.Strip(&out, file(b), kind); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// picturesWithSecrets are images of every type, with a canary in every place that
// is not to be seen.
func picturesWithSecrets(t *testing.T) map[string][]byte {
	t.Helper()
	p := pngOf(t, 5, 4)
	for _, kind := range []string{"tEXt", "iTXt", "eXIf", "prVt"} {
		p = pngChunk(p, kind, canary)
	}
	j := jpegOf(t, 5, 4)
	for _, marker := range []byte{0xe0, 0xe1, 0xe2, 0xed, 0xef, 0xfe} {
		j = jpegSegment(j, marker, canary)
	}
	j = jpegSegment(j, 0xe1, exif(6))
	g := gifOf(t, 3)
	at := 13 + 3<<(g[10]&7+1)
	if g[10]&0x80 == 0 {
		at = 13
	}
	g = slices.Insert(g, at, []byte("\x21\xfe"+string(rune(len(canary)))+canary+"\x00")...)
	w := webp("EXIF\x18\x00\x00\x00"+canary, "XMP \x18\x00\x00\x00"+canary)
	return map[string][]byte{
		"image/png": append(p, canary...), "image/jpeg": append(j, canary...), "image/gif": append(g, canary...), "image/webp": append(w, canary...),
	}
}

func TestStripTakesWhatIsNotToBeSeen(t *testing.T) {
	for kind, b := range picturesWithSecrets(t) {
		t.Run(kind, func(t *testing.T) {
			found, err := rules(t).Look(file(b))
			if err != nil || found.MediaType != kind {
				t.Fatalf("%+v, %v", found, err)
			}
			got := strip(t, kind, b)
			if bytes.Contains(got, []byte("CANARY")) {
				t.Errorf("the secret is still in %q", got)
			}
			want, _, err1 := image.Decode(bytes.NewReader(b))
			is, _, err2 := image.Decode(bytes.NewReader(got))
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			for y := range want.Bounds().Dy() {
				for x := range want.Bounds().Dx() {
					if want.At(x, y) != is.At(x, y) {
						t.Fatalf("the pixel at %d, %d changed", x, y)
					}
				}
			}
			if again := strip(t, kind, got); !bytes.Equal(again, got) {
				t.Error("stripping twice is not stripping once")
			}
			if bytes.Contains(got, []byte("Exif")) != (kind == "image/jpeg") {
				t.Error("the way up is lost, or there is EXIF where none should be")
			}
		})
	}
}

func TestReencodeLeavesThePixelsAlone(t *testing.T) {
	for kind, b := range picturesWithSecrets(t) {
		t.Run(kind, func(t *testing.T) {
			var out bytes.Buffer
			is, err := rules(t).Reencode(&out, file(b), kind)
			want := strings.Replace(kind, "webp", "png", 1)
			if err != nil || is != want {
				t.Fatalf("%s, %v", is, err)
			}
			if bytes.Contains(out.Bytes(), []byte("CANARY")) {
				t.Error("the secret is still there")
			}
			c, format, err := image.DecodeConfig(&out)
			was, _, _ := image.DecodeConfig(bytes.NewReader(b))
			if err != nil || "image/"+format != want || c.Width != was.Width || c.Height != was.Height {
				t.Errorf("%s of %d by %d, %v", format, c.Width, c.Height, err)
			}
		})
	}
}

func TestAnimationsAreCountedBeforeTheyAreDecoded(t *testing.T) {
	b := gifOf(t, 501)
	if _, err := rules(t).Reencode(&bytes.Buffer{}, file(b), "image/gif"); err == nil || !strings.Contains(err.Error(), "frames") {
		t.Errorf("got %v", err)
	}
}

func TestStripRefusesWhatIsCutOff(t *testing.T) {
	for kind, b := range picturesWithSecrets(t) {
		b = bytes.TrimSuffix(b, []byte(canary))
		for n := 0; n < len(b); n += 3 {
			if err := inspect.Strip(&bytes.Buffer{}, file(b[:n]), kind); err == nil && kind != "image/webp" {
				t.Errorf("%s cut off after %d of %d bytes is taken", kind, n, len(b))
			}
		}
	}
}
