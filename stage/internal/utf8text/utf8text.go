// Package utf8text makes UTF-8 of the text of old commits and mails, which is in many
// character sets.
package utf8text

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// From converts a text from its declared character set. Where the declaration
// is missing, unknown or wrong, what is not UTF-8 is read as Latin-1, which any
// bytes are; repaired tells of that.
func From(text, charset string) (converted string, repaired bool) {
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
	writeLatin1(&out, text)
	return out.String(), true
}

// writeLatin1 writes a text that was read as Latin-1.
func writeLatin1(out *strings.Builder, text string) {
	for i := range len(text) {
		out.WriteRune(rune(text[i]))
	}
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

// latin1Share is how many characters there are to one that takes a byte more in
// UTF-8, at least in most texts that hold some: these are names and comments.
const latin1Share = 64

// FromLines reads every line that is not UTF-8 as Latin-1. A patch that converts
// a file from one to the other has lines of both.
func FromLines(text string) (converted string, repaired bool) {
	if utf8.ValidString(text) {
		return text, false
	}
	var out strings.Builder
	out.Grow(len(text) + len(text)/latin1Share)
	for line := range strings.Lines(text) {
		if utf8.ValidString(line) {
			out.WriteString(line)
		} else {
			writeLatin1(&out, line)
		}
	}
	return out.String(), true
}
