package stage

import (
	"errors"
	"fmt"
)

// ErrCombined tells that a patch holds combined diffs (`diff --cc`, as git shows
// merges), which compare one result with several parents and so are no
// [FileChange].
var ErrCombined = errors.New("combined diff of a merge")

// PatchError tells where a patch text stops making sense.
type PatchError struct {
	// Line counts from 1, in the text or stream that was being read. In a mail
	// with a transfer encoding or several parts, it counts in the decoded text.
	Line int
	// Want is what was expected there.
	Want string
	// Got is the beginning of the line, or "" at the end of the text.
	Got string
}

// Error tells the line, what was expected, and what is there.
func (e *PatchError) Error() string {
	if e.Got == "" {
		return fmt.Sprintf("patch line %d: want %s, got the end of the text", e.Line, e.Want)
	}
	return fmt.Sprintf("patch line %d: want %s, got %q", e.Line, e.Want, e.Got)
}

const maxQuoted = 80

// expected makes the error for the current line; a stream that failed reports
// its failure instead.
func (p *patchParser) expected(format string, args ...any) error {
	line := p.line()
	if err := p.failure(); err != nil && line == nil {
		return fmt.Errorf("patch line %d: %w", p.number, err)
	}
	return &PatchError{
		Line: p.number,
		Want: fmt.Sprintf(format, args...),
		Got:  string(line[:min(len(line), maxQuoted)]),
	}
}
