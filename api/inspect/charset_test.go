package inspect_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"github.com/parley-app/parley/api/inspect"
)

func TestTextInAnyEncodingIsRead(t *testing.T) {
	for name, tt := range map[string]struct {
		in   encoding.Encoding
		text string
	}{
		"UTF-8":                   {encoding.Nop, "Größe: 12 €\n"},
		"UTF-8 with a mark":       {unicode.UTF8BOM, "Größe: 12 €\n"},
		"UTF-16LE with a mark":    {unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "Größe: 12 €\n"},
		"UTF-16BE with a mark":    {unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "Größe: 12 €\n"},
		"UTF-16LE without a mark": {unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "Größe: 12 €\nand more words\n"},
		"UTF-16BE without a mark": {unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "Größe: 12 €\nand more words\n"},
		"UTF-32LE":                {utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), "Größe: 12 €\n"},
		"UTF-32BE":                {utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "Größe: 12 €\n"},
		"German, Windows":         {charmap.Windows1252, "Artikel;Größe;Preis\nTür;groß;12,50 €\n"},
		"French, Latin-1":         {charmap.ISO8859_1, "Crème brûlée 5,50\n"},
		"one word of French":      {charmap.ISO8859_1, "café\n"},
		"Spanish, Windows":        {charmap.Windows1252, "¿Cuándo empieza la reunión? Mañana a las 9.\n"},
		"quotes of Windows":       {charmap.Windows1252, "“Smart quotes” – and a dash… it’s all\n"},
		"Polish, Windows":         {charmap.Windows1250, "Zażółć gęślą jaźń. Proszę o odpowiedź w sprawie spotkania, które odbędzie się jutro.\n"},
		"Russian, Windows":        {charmap.Windows1251, "Протокол совещания. Проверьте план.\n"},
		"Russian, KOI8-R":         {charmap.KOI8R, "Протокол совещания. Проверьте план на завтра.\n"},
		"Greek, Windows":          {charmap.Windows1253, "Πρακτικά της συνεδρίασης. Παρακαλώ ελέγξτε το σχέδιο για αύριο.\n"},
		"Hebrew, Windows":         {charmap.Windows1255, "פרוטוקול הישיבה. נא לבדוק את התוכנית למחר.\n"},
		"Arabic, Windows":         {charmap.Windows1256, "محضر الاجتماع. يرجى التحقق من خطة الغد.\n"},
		"Japanese, Shift-JIS":     {japanese.ShiftJIS, "会議の議事録です。明日の予定を確認してください。\n"},
		"Japanese, EUC":           {japanese.EUCJP, "会議の議事録です。明日の予定を確認してください。\n"},
		"Japanese, ISO-2022":      {japanese.ISO2022JP, "会議の議事録です。明日の予定を確認してください。\n"},
		"short, Shift-JIS":        {japanese.ShiftJIS, "メモは会議のものです\n"},
		"short, EUC-JP":           {japanese.EUCJP, "メモは会議のものです\n"},
		"short, EUC-KR":           {korean.EUCKR, "안녕하세요\n"},
		"short, Russian":          {charmap.Windows1251, "Привет\n"},
		"Chinese, GB18030":        {simplifiedchinese.GB18030, "会议纪要。请确认明天的安排。\n"},
		"Chinese, Big5":           {traditionalchinese.Big5, "會議紀要。請確認明天的安排。\n"},
		"Korean, EUC":             {korean.EUCKR, "회의록입니다. 내일 일정을 확인해 주세요.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			// The longest text outgrows the sample, so that the sample's end can split a character.
			for _, times := range []int{1, 40, inspect.CharsetSample/len(tt.text)*2 + 2} {
				text := strings.Repeat(tt.text, times)
				body, err := tt.in.NewEncoder().Bytes([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				if times > 40 && len(body) <= inspect.CharsetSample {
					t.Fatalf("%d times fit the sample: %d bytes", times, len(body))
				}
				head := body[:min(len(body), inspect.CharsetSample)]
				charset := inspect.DetectCharset(head)
				for range 20 / times { // guesses that are as good as each other must not take turns
					if again := inspect.DetectCharset(head); again != charset {
						t.Fatalf("now %q, before %q", again, charset)
					}
				}
				got, err := inspect.DecodeText(charset, body)
				if err != nil || got != text {
					t.Errorf("%d times, as %q: got %.80q, %v", times, charset, got, err)
				}
			}
		})
	}
}

func TestTextThatIsNotKnownIsNotGuessed(t *testing.T) {
	thai, err := charmap.Windows874.NewEncoder().String("รายงานการประชุม โปรดตรวจสอบแผนสำหรับวันพรุ่งนี้\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"an alphabet that the detector lacks": thai,
		"damaged UTF-8":                       "Größe, Länge und Höhe: \xff, müßig\n",
		"bytes":                               "\x80\x81\x8d\x8f\x90\x9d",
	} {
		if charset := inspect.DetectCharset([]byte(body)); charset != "" {
			text, err := inspect.DecodeText(charset, []byte(body))
			t.Errorf("%s is taken for %s: %q, %v", name, charset, text, err)
		}
	}
}
