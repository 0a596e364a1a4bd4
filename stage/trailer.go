package stage

import (
	"slices"
	"strings"

	"github.com/commitflow/commitflow/stage/internal/blanks"
)

// The rules of this file are those of git-interpret-trailers(1) with
// --no-divider, which is how git log reads the messages of a history: a line
// "---" ends the message of a mailed patch, but is text in a commit.
//
// A group of lines is a trailer block if it is the last paragraph, is not the
// subject, and either holds nothing but trailers, or holds at least one line
// that git itself writes and is made of trailers by a quarter or more. Comment
// lines count neither way.

// parseTrailers gives the trailers of a body: what follows the subject and the
// blank lines after it. The loose ones all stand before the block.
func parseTrailers(body string) []Trailer {
	start, end := trailerBlock(body)
	trailers := appendLoose(nil, body[:start])
	block := body[start:end]
	trailers = slices.Grow(trailers, countTrailers(block))
	for block != "" {
		line := firstLine(block)
		colon := trailerColon(line)
		if colon < 0 {
			block = block[len(line):]
			continue
		}
		folded := foldedLength(block)
		trailers = append(trailers, Trailer{
			Key:   strings.TrimRight(block[:colon], gitSpace),
			Value: unfold(block[colon+1 : folded]),
		})
		block = block[folded:]
	}
	return trailers
}

// trailerBlock finds where the trailers of a body begin and end; both are the
// end of what may hold trailers where it has none.
func trailerBlock(body string) (start, end int) {
	end = len(withoutTail(body))
	start = lastParagraph(body[:end])
	if !isTrailerBlock(body[start:end]) {
		return end, end
	}
	return start, end
}

// scissors is the line below which git puts the diff under a message that is
// being edited. A commit made with the wrong clean-up mode may keep it.
const scissors = "# ------------------------ >8 ------------------------\n"

// withoutTail leaves out what git skips at the end of a message: everything
// from a scissors line on, and else the last lines as long as they are empty,
// comments, or the list of conflicts that git merge used to leave:
// "Conflicts:" and paths that are indented by a tab.
func withoutTail(body string) string {
	if cut, found := cutScissors(body); found {
		body = cut
	}
	kept, rest := body, body
	inPaths := false // paths are part of the tail only below "Conflicts:"
	for rest != "" {
		line := lastLine(rest)
		switch {
		case line == "\n" || line[0] == '#':
		case line[0] == '\t':
			inPaths = true
		case strings.HasPrefix(line, "Conflicts:\n"):
			inPaths = false
		default:
			return kept
		}
		rest = rest[:len(rest)-len(line)]
		if !inPaths {
			kept = rest
		}
	}
	return kept
}

// cutScissors gives the text above the first scissors line.
func cutScissors(body string) (string, bool) {
	for at := 0; ; {
		i := strings.Index(body[at:], scissors)
		if i < 0 {
			return body, false
		}
		at += i
		if at == 0 || body[at-1] == '\n' {
			return body[:at], true
		}
		at += len(scissors)
	}
}

// lastParagraph finds the start of the last paragraph that has more in it than
// comments; len(text) where there is none.
func lastParagraph(text string) int {
	rest, hasText := text, false
	for rest != "" {
		line := lastLine(rest)
		switch {
		case line[0] == '#':
		case !isBlank(line):
			hasText = true
		case hasText:
			return len(rest)
		}
		rest = rest[:len(rest)-len(line)]
	}
	if hasText {
		return 0
	}
	return len(text)
}

// isTrailerBlock weighs the lines of a paragraph. A line that begins with
// white space belongs to the trailer above it, if there is one.
func isTrailerBlock(paragraph string) bool {
	trailers, others := 0, 0
	byGit, continues := false, false
	for paragraph != "" {
		line := firstLine(paragraph)
		paragraph = paragraph[len(line):]
		switch {
		case line[0] == '#':
			continues = false
		case isBlank(line): // below the paragraph, among comments
		case blanks.Is(line[0]):
			if !continues {
				others++
			}
		case writtenByGit(line):
			trailers++
			byGit, continues = true, true
		case trailerColon(line) >= 0:
			trailers++
			continues = true
		default:
			others++
			continues = false
		}
	}
	if byGit {
		return trailers*3 >= others
	}
	return trailers > 0 && others == 0
}

// writtenByGit reports whether a line is one that git commands append: commit
// and am with --signoff, cherry-pick with -x.
func writtenByGit(line string) bool {
	return strings.HasPrefix(line, "Signed-off-by: ") ||
		strings.HasPrefix(line, "(cherry picked from commit ")
}

// trailerColon finds the colon that ends a trailer's key: letters, digits and
// hyphens, perhaps with blanks after them. It is negative in other lines.
func trailerColon(line string) int {
	i := 0
	for i < len(line) && isKeyByte(line[i]) {
		i++
	}
	if i == 0 {
		return -1
	}
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	if i == len(line) || line[i] != ':' {
		return -1
	}
	return i
}

func isKeyByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-'
}

func countTrailers(block string) int {
	count := 0
	for block != "" {
		line := firstLine(block)
		block = block[len(line):]
		if trailerColon(line) >= 0 {
			count++
		}
	}
	return count
}

// foldedLength is the length of the first line and of the lines after it that
// begin with white space.
func foldedLength(block string) int {
	n := len(firstLine(block))
	for n < len(block) && blanks.Is(block[n]) {
		n += len(firstLine(block[n:]))
	}
	return n
}

// unfold trims a value and puts it on one line: each newline and the white
// space after it become a space.
func unfold(value string) string {
	value = strings.Trim(value, gitSpace)
	if strings.IndexByte(value, '\n') < 0 {
		return value
	}
	var line strings.Builder
	line.Grow(len(value))
	for {
		before, after, found := strings.Cut(value, "\n")
		line.WriteString(before)
		if !found {
			return line.String()
		}
		line.WriteByte(' ')
		value = strings.TrimLeft(after, gitSpace)
	}
}
