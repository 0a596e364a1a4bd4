package commitobj

import (
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// headers are the headers of a commit that follow its parents.
type headers struct {
	author, committer, encoding header
	// others are those that have no field of their own, and what the fields
	// have no place for: further authors, continuation lines.
	others  []stage.Header
	repairs []stage.Repair
}

// header is a header's value, if the commit has it.
type header struct {
	value string
	found bool
}

// readHeaders reads up to the empty line and gives what is behind it.
func readHeaders(text string) (h headers, message string) {
	for text != "" && text[0] != '\n' {
		var key, value string
		key, value, text = cutHeader(text)
		switch key {
		case "author":
			h.setLast(&h.author, key, value)
		case "committer":
			h.setLast(&h.committer, key, value)
		case "encoding":
			h.setFirst(&h.encoding, key, value)
		default:
			h.keep(key, value)
		}
	}
	return h, strings.TrimPrefix(text, "\n")
}

// setLast lets the last of several headers count, as git log does for people.
func (h *headers) setLast(field *header, key, value string) {
	if field.found {
		h.keep(key, field.value)
		h.repair(key, "several of them: the last one counts")
	}
	*field = header{h.oneLine(key, value), true}
}

// setFirst lets the first of several headers count, as git does for encodings.
func (h *headers) setFirst(field *header, key, value string) {
	if field.found {
		h.keep(key, value)
		h.repair(key, "several of them: the first one counts")
		return
	}
	*field = header{h.oneLine(key, value), true}
}

// oneLine gives the first line of a value that should have no more.
func (h *headers) oneLine(key, value string) string {
	line, _, more := strings.Cut(value, "\n")
	if more {
		h.keep(key, value)
		h.repair(key, "has continuation lines: the first line counts")
	}
	return line
}

func (h *headers) keep(key, value string) {
	h.others = append(h.others, stage.Header{Key: key, Value: strings.ReplaceAll(value, "\n ", "\n")})
}

func (h *headers) repair(key, what string) {
	h.repairs = append(h.repairs, stage.Repair{Field: key, What: what})
}

// cutHeader reads one header with its continuation lines, which begin with a
// space; the value still has those spaces, but not the last newline.
func cutHeader(text string) (key, value, rest string) {
	end := lineEnd(text, 0)
	for end+1 < len(text) && text[end+1] == ' ' {
		end = lineEnd(text, end+1)
	}
	key, value, _ = strings.Cut(text[:end], " ")
	if i := strings.IndexByte(key, '\n'); i >= 0 {
		// The first line has no value, so that the cut fell behind it.
		key, value = text[:i], text[i:end]
	}
	return key, value, text[min(end+1, len(text)):]
}

// lineEnd gives where the line ends that begins at start.
func lineEnd(text string, start int) int {
	if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
		return start + i
	}
	return len(text)
}
