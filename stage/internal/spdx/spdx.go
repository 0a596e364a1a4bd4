// Package spdx reads the licence that a source file declares in its first
// lines.
package spdx

import (
	"bytes"
	"strings"
)

const (
	tag = "SPDX-License-Identifier:"
	// rarePart is the end of the tag from its rarest byte on, which is faster
	// to look for.
	rarePart = "X-License-Identifier:"
	// firstLines and firstBytes limit how far into a file the tag is looked
	// for. The kernel puts it on the first line, or on the second after "#!";
	// before that rule it stood at the end of the comment that opens a file.
	firstLines = 32
	firstBytes = 2048
	// longest is the length of a line after which it holds no expression.
	longest = 1024
)

// Expression gives the SPDX licence expression that a file declares in the
// comment at its beginning, with single spaces between the words; "" if there
// is none or it is not an expression.
func Expression(content []byte) string {
	at := bytes.Index(content[:min(len(content), firstBytes)], []byte(rarePart)) - (len(tag) - len(rarePart))
	if at < 0 || !bytes.HasPrefix(content[at:], []byte(tag)) || bytes.Count(content[:at], []byte{'\n'}) >= firstLines {
		return ""
	}
	lineStart := bytes.LastIndexByte(content[:at], '\n') + 1
	if !isCommentOpening(content[lineStart:at]) {
		return ""
	}
	rest := content[at+len(tag):]
	if end := bytes.IndexByte(rest[:min(len(rest), longest)], '\n'); end >= 0 {
		rest = rest[:end]
	} else if len(rest) > longest {
		return ""
	}
	for _, closing := range []string{"*/", "-->", "--%>", "*)", "|#"} {
		if end := bytes.Index(rest, []byte(closing)); end >= 0 {
			rest = rest[:end]
		}
	}
	rest = bytes.TrimSpace(rest)
	if isIdentifier(rest) {
		return string(rest) // nearly always
	}
	words := words(string(rest))
	p := parser{words: words}
	if !p.expression(0) || len(p.words) > 0 {
		return ""
	}
	return join(words)
}

// isCommentOpening reports whether a line's text before the tag is nothing but
// the marks of a comment in one of the many languages.
func isCommentOpening(before []byte) bool {
	before = bytes.TrimSpace(before)
	for _, c := range before {
		if !strings.ContainsRune("/*#;.-<!%\"'@:(|{", rune(c)) {
			word := string(bytes.ToLower(bytes.TrimLeft(before, "@")))
			return word == "rem" || word == "dnl" || word == "c"
		}
	}
	return true
}
