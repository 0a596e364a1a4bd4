package dataset

import "strings"

// appendChanged appends the lines of a hunk's text that begin with one of the
// kinds, that sign included.
func appendChanged(lines []byte, text, kinds string) []byte {
	for line := range strings.Lines(text) {
		if strings.IndexByte(kinds, line[0]) >= 0 {
			lines = append(lines, line...)
		}
	}
	return lines
}
