package stage

import "strings"

// refCursor walks over a message in search of the parts of a reference. Its
// methods move it only when they find what they look for.
type refCursor struct {
	s string
	i int
}

func (c *refCursor) rest() string { return c.s[c.i:] }
func (c *refCursor) done() bool   { return c.i >= len(c.s) }

// line gives the text from here to the end of the line.
func (c *refCursor) line() string {
	line := c.rest()
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		return line[:end]
	}
	return line
}

// blanks skips spaces and tabs.
func (c *refCursor) blanks() {
	for c.i < len(c.s) && (c.s[c.i] == ' ' || c.s[c.i] == '\t') {
		c.i++
	}
}

// space skips blanks and at most one line break: a sentence may be wrapped,
// but does not go on after a blank line.
func (c *refCursor) space() {
	c.blanks()
	if c.i < len(c.s) && c.s[c.i] == '\r' {
		c.i++
	}
	if c.i < len(c.s) && c.s[c.i] == '\n' {
		c.i++
		c.blanks()
	}
}

// any skips one byte out of set and tells whether it did.
func (c *refCursor) any(set string) bool {
	if c.i < len(c.s) && strings.IndexByte(set, c.s[c.i]) >= 0 {
		c.i++
		return true
	}
	return false
}

// word skips the word w, in any case, and tells whether it did.
func (c *refCursor) word(w string) bool {
	end := c.i + len(w)
	if end > len(c.s) || !equalFoldASCII(c.s[c.i:end], w) || end < len(c.s) && isWordByte(c.s[end]) {
		return false
	}
	c.i = end
	return true
}

// words skips one of several words and gives it, or "".
func (c *refCursor) words(of []string) string {
	for _, w := range of {
		if c.word(w) {
			return w
		}
	}
	return ""
}

// hex takes an object name of at least min digits and gives it in lower case,
// or "". Words that happen to be made of the letters a to f ("added",
// "facade") are no hashes, unless a quoted subject follows them.
func (c *refCursor) hex(min int) string {
	end, digit := c.i, false
	for end < len(c.s) && isHexDigit(c.s[end]) {
		digit = digit || c.s[end] <= '9'
		end++
	}
	n := end - c.i
	if n < min || n > 40 || end < len(c.s) && (isWordByte(c.s[end]) || c.s[end] == '-') {
		return ""
	}
	if !digit && n < 12 && !strings.HasPrefix(c.s[end:], ` ("`) {
		return ""
	}
	found := c.s[c.i:end]
	c.i = end
	return strings.ToLower(found)
}

// listed takes the next hash of an enumeration: after a comma, "and" or
// "commit", on the same line or, where wrap is true, on the next. Where there
// is none it gives "", and the cursor may have moved.
func (c *refCursor) listed(min int, wrap bool) string {
	separated := false
	for range maxFiller {
		if wrap {
			c.space()
		} else {
			c.blanks()
		}
		if !c.any(",;&/+") && c.words(listWords) == "" {
			break
		}
		separated = true
	}
	if !separated {
		return ""
	}
	return c.hex(min)
}

var listWords = []string{"and", "commit", "commits", "as", "well", "also", "plus", "both"}

// maxFiller is how many words may stand between a verb and its hash, or
// between two hashes of a list.
const maxFiller = 8

// subject takes the subject that follows a hash: ("…"), (…), "…" and the
// variants with other brackets and quotes, possibly wrapped onto the next
// lines. Where plain is true it also takes the rest of the line as it is. cut
// tells that the subject has no end that could be trusted.
func (c *refCursor) subject(plain bool) (subject string, cut bool) {
	start := c.i
	c.space()
	c.any(":;,")
	c.space()
	bracket := c.any("({[")
	if open := c.quote(); open {
		return c.untilQuote(bracket)
	}
	if bracket {
		if c.word("commit") { // a remark, not a subject
			c.i = start
			return "", false
		}
		return c.untilBracket()
	}
	c.i = start
	if !plain {
		return "", false
	}
	c.blanks()
	c.any(":;,")
	c.blanks()
	line := c.line()
	c.i += len(line)
	line = strings.Trim(line, " \t\r.,;:-)>]'\"")
	if strings.HasPrefix(line, "#") {
		return "", false
	}
	return line, false
}

// refQuotes are what people put around a subject.
var refQuotes = []string{`"`, "”", "“", "''", "``", "’", "‘", "'", "`"}

// quote skips one quotation mark.
func (c *refCursor) quote() bool {
	for _, q := range refQuotes {
		if strings.HasPrefix(c.rest(), q) {
			c.i += len(q)
			return true
		}
	}
	return false
}

// maxSubjectLines is over how many lines a quoted subject may be wrapped.
const maxSubjectLines = 4

// untilQuote takes a subject whose opening quote has been passed. It ends at
// the quote before the closing bracket, or at the last one of its line, since
// subjects quote other subjects.
func (c *refCursor) untilQuote(bracket bool) (subject string, cut bool) {
	line := c.line()
	end, width := -1, 0
	if bracket {
		if end, width = quoteBeforeBracket(line); end < 0 {
			end, width = quoteBeforeBracket(c.wrapped())
		}
	}
	if end < 0 {
		if end, width = lastQuote(line); end < 0 {
			end, width = lastQuote(c.wrapped())
		}
	}
	if end < 0 {
		// No closing quote anywhere: all that is certain is the first line.
		c.i += len(line)
		return strings.TrimRight(line, " \t\r)"), true
	}
	text := c.s[c.i : c.i+end]
	c.i += end + width
	return foldSubject(text)
}

// quoteBeforeBracket finds the first quotation mark with a closing bracket
// after it; width covers both.
func quoteBeforeBracket(text string) (at, width int) {
	if at = strings.Index(text, `")`); at >= 0 {
		return at, 2
	}
	for i := range len(text) - 1 {
		if strings.IndexByte(")}]", text[i+1]) < 0 {
			continue
		}
		for _, q := range refQuotes {
			if strings.HasSuffix(text[:i+1], q) {
				return i + 1 - len(q), len(q) + 1
			}
		}
	}
	return -1, 0
}

// lastQuote finds the last quotation mark, the double ones first: others are
// apostrophes as well.
func lastQuote(text string) (at, width int) {
	for _, q := range refQuotes {
		if at = strings.LastIndex(text, q); at >= 0 {
			return at, len(q)
		}
	}
	return -1, 0
}

// untilBracket takes a subject in brackets without quotes.
func (c *refCursor) untilBracket() (subject string, cut bool) {
	text, firstLine := c.wrapped(), c.line()
	end := strings.LastIndexAny(firstLine, ")}]")
	if end < 0 || strings.Count(firstLine, "(") >= strings.Count(firstLine, ")") {
		if last := strings.IndexByte(text[len(firstLine):], ')'); last >= 0 {
			end = len(firstLine) + last
		}
	}
	if end < 0 {
		c.i += len(firstLine)
		return strings.TrimRight(firstLine, " \t\r"), true
	}
	c.i += end + 1
	return foldSubject(trimDate(text[:end]))
}

// wrapped gives the text from here to the end of the lines that a wrapped
// subject may cover: not over a blank line, and not into a trailer.
func (c *refCursor) wrapped() string {
	text := c.rest()
	end := 0
	for range maxSubjectLines {
		next := strings.IndexByte(text[end:], '\n')
		if next < 0 {
			return text
		}
		end += next
		line := text[end+1:]
		if at := strings.IndexByte(line, '\n'); at >= 0 {
			line = line[:at]
		}
		if strings.TrimSpace(line) == "" || looksLikeTrailer(line) {
			return text[:end]
		}
		end++
	}
	return strings.TrimRight(text[:end], "\n")
}

// looksLikeTrailer tells whether a line begins with a key as trailers have it:
// a capital letter, a hyphen or "Fixes", a colon, a blank.
func looksLikeTrailer(line string) bool {
	colon := strings.Index(line, ": ")
	if colon < 2 || line[0] < 'A' || line[0] > 'Z' {
		return false
	}
	key := line[:colon]
	for i := range len(key) {
		if !isWordByte(key[i]) && key[i] != '-' {
			return false
		}
	}
	return strings.IndexByte(key, '-') >= 0 || equalFoldASCII(key, "Fixes") || equalFoldASCII(key, "Cc") ||
		equalFoldASCII(key, "Link") || equalFoldASCII(key, "Closes")
}

// foldSubject brings a subject onto one line. One that ends in dots has been
// shortened.
func foldSubject(text string) (subject string, cut bool) {
	subject = strings.TrimSpace(text)
	if strings.ContainsAny(subject, "\n\t") || strings.Contains(subject, "  ") {
		subject = strings.Join(strings.Fields(subject), " ")
	}
	return subject, strings.HasSuffix(subject, "...") || strings.HasSuffix(subject, "…")
}

// trimDate takes the date off that `git log --pretty=reference` puts after a
// subject: "subject, 2024-10-28".
func trimDate(subject string) string {
	const form = ", 2006-01-02"
	at := len(subject) - len(form)
	if at <= 0 || subject[at] != ',' {
		return subject
	}
	for i := at + 2; i < len(subject); i++ {
		dash := i == at+6 || i == at+9
		if dash != (subject[i] == '-') || !dash && (subject[i] < '0' || subject[i] > '9') {
			return subject
		}
	}
	return subject[:at]
}

func isHexDigit(b byte) bool {
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f'
}

// isWordByte tells the bytes of words and identifiers; everything outside of
// ASCII counts as a letter.
func isWordByte(b byte) bool {
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' || b >= 0x80
}
