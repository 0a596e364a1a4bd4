package stage

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// inUTF8 converts a text from its declared character set. Where the declaration
// is missing, unknown or wrong, what is not UTF-8 is read as Latin-1, which any
// bytes are; repaired tells of that.
func inUTF8(text, charset string) (converted string, repaired bool) {
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "us-ascii":
	default:
		if known := findCharset(charset); known != nil {
			if converted, err := known.NewDecoder().String(text); err == nil {
				return converted, false
			}
		}
	}
	if utf8.ValidString(text) {
		return text, false
	}
	var out strings.Builder
	for i := range len(text) {
		out.WriteRune(rune(text[i]))
	}
	return out.String(), true
}

func findCharset(name string) encoding.Encoding {
	if found, err := ianaindex.MIME.Encoding(name); err == nil && found != nil {
		return found
	}
	if found, err := htmlindex.Get(name); err == nil {
		return found
	}
	return nil
}

// linesInUTF8 reads every line that is not UTF-8 as Latin-1. A patch that converts
// a file from one to the other has lines of both.
func linesInUTF8(text string) (converted string, repaired bool) {
	if utf8.ValidString(text) {
		return text, false
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		line, _ = inUTF8(line, "")
		out.WriteString(line)
	}
	return out.String(), true
}
