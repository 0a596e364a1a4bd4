package synthetic

import (
	"fmt"
	"strings"
)

// text is a message in the making.
type text struct {
	subject  string
	body     []string // paragraphs
	trailers []string
	encoding string // the commit's encoding header
	form     form
}

// form is how a message strays from the custom.
type form int

const (
	asUsual form = iota
	noMessage
	longSubject    // the subject goes on in further lines
	noBlankLine    // between subject and body
	noLastNewline  // at the end
	carriageReturn // before each newline
	lastForm       = carriageReturn
)

func (m *text) String() string {
	switch message := m.usual(); m.form {
	case noMessage:
		return ""
	case longSubject:
		return strings.Replace(message, " ", "\n", 2)
	case noBlankLine:
		return strings.Replace(message, "\n\n", "\n", 1)
	case noLastNewline:
		return strings.TrimSuffix(message, "\n")
	case carriageReturn:
		return strings.ReplaceAll(message, "\n", "\r\n")
	default:
		return message
	}
}

func (m *text) usual() string {
	var out strings.Builder
	out.WriteString(m.subject)
	out.WriteByte('\n')
	for _, paragraph := range m.body {
		out.WriteString("\n" + paragraph + "\n")
	}
	for i, trailer := range m.trailers {
		if i == 0 {
			out.WriteByte('\n')
		}
		out.WriteString(trailer + "\n")
	}
	return out.String()
}

// subject gives the subject of an ordinary commit. It follows from the
// commit's number and directory alone, so that a later commit can quote it.
func (h *history) subject(number int, dir int32) string {
	r := random(mix(h.seed ^ uint64(number)*0x9e3779b97f4a7c15))
	area := h.dirs[dir].area
	verb, adjective, noun := pick(&r, verbs[:]), pick(&r, adjectives[:]), pick(&r, nouns[:])
	switch r.below(8) {
	case 0:
		return fmt.Sprintf("%s: fix the %s of a %s %s", area, verb, adjective, noun)
	case 1:
		return fmt.Sprintf("%s: add support for %s %ss", area, adjective, noun)
	case 2:
		return fmt.Sprintf("%s: avoid a use after free in %s_%s()", area, noun, verb)
	case 3:
		return fmt.Sprintf("%s: %s: fix \"%s %s\" warning", area, noun, adjective, noun)
	case 4:
		return fmt.Sprintf("%s: don't %s the %s twice", area, verb, noun)
	case 5:
		return fmt.Sprintf("%s: fix typo in comment", area)
	default:
		return fmt.Sprintf("%s: %s the %s %s %d", area, verb, adjective, noun, r.below(100))
	}
}

var reasons = []string{
	"because the caller holds the lock already",
	"since it may be freed under us",
	"due to a race with the interrupt handler",
	"which triggers a warning on boot",
	"as the hardware manual demands",
	"so that the next patch is easier to read",
}

func paragraph(r *random) string {
	var lines []string
	for range 1 + r.below(4) {
		lines = append(lines, fmt.Sprintf("The %s %s is never %s %s,", pick(r, adjectives[:]), pick(r, nouns[:]), pick(r, []string{"checked", "cleared", "freed", "set"}), pick(r, reasons)))
	}
	last := &lines[len(lines)-1]
	*last = strings.TrimSuffix(*last, ",") + "."
	return strings.Join(lines, "\n")
}

// compose writes an ordinary message with the trailers that kernel commits
// have.
func (h *history) compose(number int, dir int32, target int, author, committer person) *text {
	r := &h.random
	m := &text{subject: h.subject(number, dir)}
	for range r.below(4) {
		m.body = append(m.body, paragraph(r))
	}
	if r.chance(200) {
		h.addFixes(m, target, r.below(20))
	}
	if r.chance(40) {
		id := hex(r.next())
		m.add("Reported-by: syzbot+%s@syzkaller.appspotmail.com", id)
		m.add("Closes: https://syzkaller.appspot.com/bug?extid=%s", id)
	} else if r.chance(80) {
		m.add("Reported-by: %s", r.person())
	}
	if r.chance(100) {
		m.add(pick(r, []string{
			"Cc: stable@vger.kernel.org",
			"Cc: <stable@vger.kernel.org> # 3.3.x",
			"Cc: stable@vger.kernel.org # after -rc3",
			"Cc: stable@kernel.org",
		}))
	}
	if r.chance(30) {
		other := r.person()
		m.add("Co-developed-by: %s", other)
		m.add("Signed-off-by: %s", other)
	}
	if r.chance(950) {
		m.add("Signed-off-by: %s", author)
	}
	for _, t := range []struct {
		chance int
		key    string
	}{{350, "Reviewed-by"}, {200, "Acked-by"}, {100, "Tested-by"}, {50, "Suggested-by"}} {
		if r.chance(t.chance) {
			m.add("%s: %s", t.key, r.person())
		}
	}
	if r.chance(10) {
		m.add("Assisted-by: Robot:model-%d [sparse]", r.below(9))
	}
	if r.chance(400) {
		m.add("Link: https://lore.kernel.org/r/2026%04d.%d-1-%s@example.org/", r.below(10000), number, pick(r, nouns[:]))
	}
	if committer != author {
		m.add("Signed-off-by: %s", committer)
	}
	return m
}

func (m *text) add(format string, args ...any) {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	m.trailers = append(m.trailers, format)
}

// addFixes names a commit that this one fixes: as the rule says, or in one of
// the forms that people use instead.
func (h *history) addFixes(m *text, target, form int) {
	if target < 0 {
		return
	}
	hash, subject := h.importer.hash(target), h.subject(target, h.areas[target])
	switch form {
	case 0:
		m.add("Fixes: %s (\"%s\")", hash[:7], subject)
	case 1:
		m.add("Fixes: %s (\"%s\")", hash, subject)
	case 2:
		m.add("Fixes: commit %s (\"%s\")", hash[:12], subject)
	case 3:
		m.add("Fixes: %s %s", hash[:12], subject)
	case 4:
		m.add("Fixes: %s (\"%s\")", strings.ToUpper(hash[:12]), subject)
	case 5:
		m.add("Fixes: https://bugs.example.org/%d", target)
	default:
		m.add("Fixes: %s (\"%s\")", hash[:12], subject)
	}
}

// encoded are texts in the encodings of old commits, as bytes.
var encoded = []struct {
	encoding string
	name     string
	text     string
}{
	{"ISO-8859-1", "Ren\xe9 Fran\xe7ois", "Le caf\xe9 est pr\xeat."},
	{"ISO-8859-15", "Ji\xf8\xed", "100 \xa4."},
	{"EUC-JP", "\xbb\xb3\xc5\xc4", "\xc6\xfc\xcb\xdc\xb8\xec\xa4\xc7\xa4\xb9\xa1\xa3"},
	{"Shift_JIS", "\x8eR\x93c", "\x93\xfa\x96{\x8c\xea\x82\xc5\x82\xb7\x81B"},
	{"KOI8-R", "\xe9\xd7\xc1\xce", "\xf0\xd2\xc9\xd7\xc5\xd4."},
	{"windows-1252", "Zo\xeb", "\x93quoted\x94"},
	{"", "S\xf8ren", "Ingen kodning: bl\xe5b\xe6r."}, // not UTF-8, and no header
}
