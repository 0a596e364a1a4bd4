package stage

import (
	"bytes"
	"io"
	"strings"
)

// What `git log -p` prints, as "Pretty formats" in git-log(1) describes it: a line
// "commit <id>", header lines, an empty line, the message indented by four
// spaces, and the diffs. Notes and statistics may stand between.

const messageIndent = "    "

// nextOfLog reads a commit of git log; the current line is its first.
func (r *PatchReader) nextOfLog() (*PatchCommit, error) {
	p := r.parser
	if p.line() == nil {
		return nil, io.EOF
	}
	c := r.begin()
	start, _ := parseCommitLine(p.text())
	c.Hash, c.Parents = start.hash, start.parents
	p.next()
	r.logHeader(c)
	r.logMessage(c)
	if err := p.files(c, r.atCommitLine); err != nil {
		r.skipTo(r.atCommitLine)
		return nil, c.named(err)
	}
	return c, nil
}

func (r *PatchReader) atCommitLine() bool {
	if !r.parser.at("commit ") {
		return false
	}
	_, ok := parseCommitLine(r.parser.text())
	return ok
}

// commitLine is "commit <id>", after it the parents' ids if git log was asked for
// --parents, and the names that point there in parentheses.
type commitLine struct {
	hash    Hash
	parents []Hash
}

func parseCommitLine(line string) (c commitLine, ok bool) {
	rest, ok := strings.CutPrefix(line, "commit ")
	if !ok || len(line) > maxNames {
		return c, false
	}
	// --boundary, --left-right and --cherry-mark put a sign before the id.
	rest = strings.TrimLeft(rest, "-<>=+^")
	rest, _, _ = strings.Cut(rest, " (")
	for i, field := range strings.Fields(rest) {
		switch {
		case !isID(field):
			return c, false
		case i == 0:
			c.hash = fullHash(field)
		default:
			c.parents = append(c.parents, fullHash(field))
		}
	}
	return c, rest != ""
}

// isID reports whether s could be an object id, in full or abbreviated: git
// writes at least four digits.
func isID(s string) bool { return len(s) >= 4 && len(s) <= 64 && isHex(s) }

// logHeader reads the header lines up to the empty line.
func (r *PatchReader) logHeader(c *PatchCommit) {
	p := r.parser
	for p.line() != nil && p.text() != "" && !r.atCommitLine() && !p.atFile() {
		c.logHeaderLine(p.text())
		p.next()
	}
	p.next()
}

func (c *PatchCommit) logHeaderLine(line string) {
	key, value, _ := strings.Cut(line, " ")
	value = strings.TrimLeft(value, " ")
	switch key {
	case "Author:":
		c.Author = signature(value, c.Author)
	case "Commit:":
		c.Committer = signature(value, c.Committer)
	case "Date:", "AuthorDate:":
		c.setDate(&c.Author, "author", value)
	case "CommitDate:":
		c.setDate(&c.Committer, "committer", value)
	case "Merge:":
		c.Parents = nil
		for _, id := range strings.Fields(value) {
			c.Parents = append(c.Parents, fullHash(id))
		}
	case "tree":
		c.Tree = fullHash(value)
	case "parent":
		c.Parents = append(c.Parents, fullHash(value))
	case "author":
		c.setRaw(&c.Author, "author", value)
	case "committer":
		c.setRaw(&c.Committer, "committer", value)
	case "encoding":
		c.Encoding = value
	}
}

// signature reads "Name <mail>" and keeps the time that is known already.
func signature(value string, known Signature) Signature {
	open := strings.LastIndex(value, "<")
	if open < 0 {
		known.Name = value
		return known
	}
	known.Name = strings.TrimSuffix(value[:open], " ")
	known.Mail = strings.TrimSuffix(value[open+1:], ">")
	return known
}

// setRaw reads "Name <mail> seconds zone".
func (c *PatchCommit) setRaw(s *Signature, field, value string) {
	end := strings.LastIndex(value, "> ")
	if end < 0 {
		*s = signature(value, *s)
		return
	}
	*s = signature(value[:end+1], *s)
	c.setDate(s, field, value[end+2:])
}

// setDate reads the date in any of git's formats; one that cannot be read leaves
// 1970 and is noted.
func (c *PatchCommit) setDate(s *Signature, field, value string) {
	seconds, zone, ok := parseDate(value)
	if !ok {
		c.Repaired = append(c.Repaired, Repair{Field: field, What: "date not understood: set to 1970"})
		return
	}
	s.Seconds, s.Zone = seconds, zone
}

// logMessage reads the indented message. Git has already taken blanks off the
// ends of its lines, and expanded tabs unless told --no-expand-tabs.
func (r *PatchReader) logMessage(c *PatchCommit) {
	p := r.parser
	var message []byte
	blank, cut := 0, false
	for {
		line := p.line()
		if len(line) == 0 {
			break
		}
		content, indented := bytes.CutPrefix(line, []byte(messageIndent))
		content = bytes.TrimRight(content, "\r\n")
		switch {
		case len(content) == 0:
			blank++
		case !indented:
			r.setMessage(c, message, cut)
			return
		case len(message)+blank+len(content) > r.options.MaxCommit:
			cut = true
		default:
			for ; blank > 0; blank-- {
				message = append(message, '\n')
			}
			message = append(append(message, content...), '\n')
		}
		p.next()
	}
	r.setMessage(c, message, cut)
}

func (r *PatchReader) setMessage(c *PatchCommit, message []byte, cut bool) {
	r.parser.room -= len(message)
	if cut {
		c.Repaired = append(c.Repaired, Repair{Field: "message", What: "cut: larger than the limit"})
	}
	text, repair := Charset{}.UTF8(string(message))
	if repair != "" {
		c.Repaired = append(c.Repaired, Repair{Field: "message", What: repair})
	}
	c.SetMessage(text)
}
