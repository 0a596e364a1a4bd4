package stage

import "strings"

// appendBackport takes what a line says of the commit that this one was taken
// from, if it is one of the markers of the stable trees and of git:
//
//	commit <hash> upstream.
//	[ Upstream commit <hash> ]
//	(cherry picked from commit <hash>)
//	(backported from commit <hash>)
//
// The same words in a sentence are no marker.
func appendBackport(stated []statement, message string, start, end int) []statement {
	c := refCursor{message, start}
	bracket := c.any("([")
	c.blanks()
	switch {
	case c.word("commit"):
		c.blanks()
		return appendUpstream(stated, c, start, end)
	case c.word("upstream"):
		c.any("-")
		c.blanks()
		c.word("commit")
		c.any(":")
		c.blanks()
		hex := c.hex(minBackportDigits)
		if hex == "" {
			return stated
		}
		text := message[start:c.i]
		c.blanks()
		c.word("commit")
		if !bracket && strings.TrimRight(message[c.i:end], " .\t\r") != "" {
			return stated
		}
		return append(stated, backportOf(hex, text))
	case c.word("cherry"):
		c.any("- ")
		if c.word("picked") || c.word("pick") || c.word("pickt") {
			return appendPicked(stated, c, start, bracket)
		}
	case c.word("backported"), c.word("back-ported"), c.word("backport"):
		return appendPicked(stated, c, start, bracket)
	}
	return stated
}

// minBackportDigits is the shortest abbreviation taken in a marker; the tools
// that write them write all 40 digits.
const minBackportDigits = 8

func backportOf(hex, text string) statement {
	s := statement{text: strings.TrimSpace(text)}
	s.Kind, s.Hex = BackportOf, hex
	return s
}

// appendUpstream takes "commit <hash> upstream", after its first word.
func appendUpstream(stated []statement, c refCursor, start, end int) []statement {
	hex := c.hex(minBackportDigits)
	if hex == "" {
		return stated
	}
	c.blanks()
	c.word("in")
	c.blanks()
	c.word("linux")
	c.blanks()
	if !c.word("upstream") || c.i > end {
		return stated
	}
	return append(stated, backportOf(hex, c.s[start:c.i]))
}

// appendPicked takes what "cherry picked from" and "backported from" name: a
// hash, or the web page of a commit. Without brackets the word "commit" has to
// precede the hash.
func appendPicked(stated []statement, c refCursor, start int, bracket bool) []statement {
	c.space()
	if !c.word("from") {
		return stated
	}
	named := false
	for range maxFiller {
		c.space()
		if hex := c.hex(minBackportDigits); hex != "" {
			if bracket || named {
				stated = append(stated, backportOf(hex, c.s[start:c.i]))
			}
			return stated
		}
		if bracket && strings.HasPrefix(c.rest(), "http") {
			return appendCommitPages(stated, c, start)
		}
		if c.word("commit") {
			named = true
			c.any(":")
			continue
		}
		if c.done() || !isWordByte(c.s[c.i]) {
			return stated
		}
		for !c.done() && (isWordByte(c.s[c.i]) || strings.IndexByte("-./", c.s[c.i]) >= 0) {
			c.i++
		}
	}
	return stated
}

// appendCommitPages takes the hashes out of the addresses on the rest of the
// line; only whole ones count.
func appendCommitPages(stated []statement, c refCursor, start int) []statement {
	stop := c.i + len(c.line())
	for c.i < stop && len(stated) < maxStatements {
		boundary := c.s[c.i-1] == '/' || c.s[c.i-1] == '='
		if !boundary || !isHexDigit(c.s[c.i]) {
			c.i++
			continue
		}
		if hex := c.hex(40); hex != "" {
			stated = append(stated, backportOf(hex, c.s[start:c.i]))
			start = c.i
			continue
		}
		c.i++
	}
	return stated
}
