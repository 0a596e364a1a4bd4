package rename

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkDigest makes the digest of a text of 1,000 lines.
func BenchmarkDigest(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "\tline %d%s;\n", i, strings.Repeat(" x", i%30))
	}
	for name, content := range map[string]string{
		"LF":   text.String(),
		"CRLF": strings.ReplaceAll(text.String(), "\n", "\r\n"),
	} {
		b.Run(name, func(b *testing.B) {
			g, data := new(digester), []byte(content)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				g.digest(data)
			}
		})
	}
}
