package stage

import (
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Mail is what a mail tells beside the commit in it.
type Mail struct {
	// MessageID and InReplyTo are message-ids without their angle brackets, and
	// References the ids of the thread, from its first mail on.
	MessageID  string
	InReplyTo  string
	References []string
	// Prefix is what the subject's brackets held, such as "PATCH v2 3/7".
	Prefix string
	// Version is 1 if the subject names none. Number and Total are a patch's
	// place in its series; 0 of n is the cover letter, and both are 0 for a
	// patch of its own.
	Version, Number, Total int
}

// nextOfMbox reads a mail of an mbox; the current line is its "From " line.
func (r *PatchReader) nextOfMbox() (*PatchCommit, error) {
	p := r.parser
	if p.line() == nil {
		return nil, io.EOF
	}
	hash, _ := mboxLine(p.text())
	p.next()
	return r.mail(hash, r.atMboxLine)
}

// nextMail reads the whole stream as one mail.
func (r *PatchReader) nextMail() (*PatchCommit, error) {
	if r.parser.line() == nil {
		return nil, io.EOF
	}
	return r.mail(Hash{}, func() bool { return false })
}

// mail reads the mail that begins at the current line.
func (r *PatchReader) mail(hash Hash, atEnd func() bool) (*PatchCommit, error) {
	p := r.parser
	c := r.begin()
	c.Hash = hash
	tooLarge := p.expected("a mail of at most %d bytes", r.options.MaxCommit)
	p.limit = r.options.MaxCommit
	p.begin()
	for p.line() != nil && !atEnd() {
		p.next()
	}
	text, complete := p.end()
	if !complete {
		return nil, tooLarge
	}
	if r.options.MboxRD {
		text = quotedFrom.ReplaceAllString(text, "$1")
	}
	if err := c.readMail(text, r.options); err != nil {
		return nil, c.named(err)
	}
	return c, nil
}

var quotedFrom = regexp.MustCompile(`(?m)^>(>*From )`)

// atMboxLine reports whether a mail of an mbox begins here. A line "From " in a
// body does not count unless it ends in a date and a header follows; and in git
// format-patch's output every mail begins with git's own line.
func (r *PatchReader) atMboxLine() bool {
	p := r.parser
	if !p.at("From ") {
		return false
	}
	hash, ok := mboxLine(p.text())
	return ok && r.gitMbox == !hash.IsZero() && isHeaderField(p.peek(1))
}

// gitMboxDate is the date of every "From " line that git writes, for file(1) and
// its kin to know git's mails by.
const gitMboxDate = "Mon Sep 17 00:00:00 2001"

// mboxLine reads "From <sender> <date>", and the commit's hash if git wrote it.
func mboxLine(line string) (hash Hash, ok bool) {
	rest, ok := strings.CutPrefix(line, "From ")
	if !ok || len(line) > maxNames {
		return Hash{}, false
	}
	if id, isGit := strings.CutSuffix(rest, " "+gitMboxDate); isGit {
		return fullHash(id), true
	}
	fields := strings.Fields(rest)
	for i, field := range fields {
		if i >= 2 && isClock(field) && i+1 < len(fields) && i+3 >= len(fields) {
			return Hash{}, true
		}
	}
	return Hash{}, false
}

// isClock reports whether s is hh:mm or hh:mm:ss.
func isClock(s string) bool {
	if len(s) != len("15:04") && len(s) != len("15:04:05") {
		return false
	}
	for i := range len(s) {
		if i%3 == 2 && s[i] != ':' || i%3 != 2 && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// subjectBrackets is a bracketed word group at the start of a subject, or a
// reply's mark, either of which is no part of the commit's subject.
var subjectBrackets = regexp.MustCompile(`^(?:\s|:|[Rr][Ee]:|\[([^\]]*)\])`)

// readSubject takes off what mail adds to a subject, as git-mailinfo(1) says under
// -k, and reads the series' numbers from it.
func (m *Mail) readSubject(subject string) string {
	m.Version = 1
	for {
		match := subjectBrackets.FindStringSubmatch(subject)
		if match == nil {
			return strings.Join(strings.Fields(subject), " ")
		}
		if match[1] != "" {
			m.readPrefix(match[1])
		}
		subject = subject[len(match[0]):]
	}
}

var (
	prefixVersion = regexp.MustCompile(`(?i)(?:^|[\s,])v(\d{1,4})(?:[\s,]|$)|(?i:PATCH)v(\d{1,4})`)
	prefixNumber  = regexp.MustCompile(`(?:^|[\s,])(\d{1,5})/(\d{1,5})(?:[\s,]|$)`)
)

func (m *Mail) readPrefix(prefix string) {
	m.Prefix = strings.TrimSpace(m.Prefix + " " + prefix)
	if match := prefixVersion.FindStringSubmatch(prefix); match != nil {
		m.Version, _ = strconv.Atoi(match[1] + match[2])
	}
	if match := prefixNumber.FindStringSubmatch(prefix); match != nil {
		m.Number, _ = strconv.Atoi(match[1])
		m.Total, _ = strconv.Atoi(match[2])
	}
}
