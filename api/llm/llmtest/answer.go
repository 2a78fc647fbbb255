package llmtest

import "strings"

// Answer returns the markdown that the server gives to a question that steers
// nothing: the first words of the question in its heading, then prose, code,
// math, a table, a list and text that is not Latin.
func Answer(question string) string {
	words := strings.FieldsFunc(question, func(r rune) bool { return strings.ContainsRune(" \t\r\n#*_`[]<>|", r) })
	about := strings.Join(words[:min(len(words), 8)], " ")
	if about == "" {
		about = "nothing at all"
	}
	return "## About " + about + "\n\n" + body
}

const body = `This answer comes from the **test server**. It is the same every time, so a test can know each word of it.

### Code

` + "```go" + `
// Sum adds up, <b>safely</b> & slowly.
func Sum(xs ...int) (total int) {
	for _, x := range xs {
		total += x
	}
	return total
}
` + "```" + `

Inline, it is ` + "`Sum(1, 2, 3)`" + `.

### Math

The area of a circle is $A = \pi r^2$, and

$$
\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}
$$

### A table

| Town | Boats | Since |
|:-----|------:|:-----:|
| Hafen | 17 | 1871 |
| 港町 | 240 | 1603 |
| Порт | 35 | 1912 |

### Text that is not Latin

日本語の文章です。مرحبا بالعالم. Привет, мир. नमस्ते दुनिया. Ελληνικά. 한국어 문장. 👩‍🚀 🚣🏽

1. First, the boats go out.
2. Then they come back.
   - Most of them.

> The sea does not answer.

That is all.
`
