package dataset

import (
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// Question gives the subject, an empty line, and the body without the trailers
// that name people, point to a mail or a web page, or hold a tool's identifier: what a
// reader has to know of a commit's message. It is the instruction of [Standard].
func Question(c *stage.Commit) string {
	body := withoutPeople(c.Body)
	switch {
	case body == "":
		return c.Subject
	case c.Subject == "":
		return body
	}
	return c.Subject + "\n\n" + body
}

// withoutPeople takes out the lines that name people, wherever they stand: in the
// kernel's history not all are in the last paragraph.
func withoutPeople(body string) string {
	var out strings.Builder
	out.Grow(len(body))
	dropping, blank := false, 0
	for line := range strings.Lines(body) {
		text := strings.TrimRight(line, "\r\n")
		folded := text != "" && (text[0] == ' ' || text[0] == '\t')
		if dropping = namesPeople(text) || dropping && folded; dropping {
			continue
		}
		if strings.TrimSpace(text) == "" {
			blank++
			continue
		}
		if out.Len() > 0 && blank > 0 {
			out.WriteString("\n")
		}
		blank = 0
		out.WriteString(line)
	}
	return strings.TrimRight(out.String(), "\r\n")
}

// The keys whose lines go, in lower case, and whether any value will do: some are
// words that prose begins lines with, and need a mail address to count.
var peopleKeys = map[string]bool{
	"signed-off-by": true, "co-developed-by": true, "co-authored-by": true, "assisted-by": true,
	"reviewed-by": true, "acked-by": true, "tested-by": true, "reported-by": true,
	"suggested-by": true, "requested-by": true, "reported-and-tested-by": true,
	"cc": true, "series-cc": true, "series-to": true, "patch-cc": true, "patch-to": true,
	"cover-letter-cc": true, "change-id": true, "git-svn-id": true,
	"message-id": false, "from": false, "to": false, "thanks-to": false,
}

// The keys whose lines go if the value is an address: nobody can look at it who learns
// from the text.
var addressKeys = map[string]bool{"link": true, "closes": true, "buglink": true, "bugzilla": true, "series-links": true}

const maxTrailerKey = 40

// namesPeople reports whether the line is a trailer that names people, a mail or a web
// page, or holds a tool's identifier.
func namesPeople(line string) bool {
	key, _, ok := strings.Cut(line[:min(len(line), maxTrailerKey)], ":")
	if !ok || key == "" || key[0]|0x20 < 'a' || key[0]|0x20 > 'z' {
		return false
	}
	value := line[len(key)+1:]
	key = strings.ToLower(strings.TrimRight(key, " \t"))
	always, known := peopleKeys[key]
	if always {
		return true
	}
	if addressKeys[key] && strings.Contains(value, "://") {
		return true
	}
	by := strings.HasSuffix(key, "-by") && strings.IndexByte(key, ' ') < 0
	return (known || by) && strings.IndexByte(value, '@') >= 0
}
