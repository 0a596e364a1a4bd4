package gitcmd

import (
	"strings"
	"unicode"
)

// Error tells how a git child failed. It unwraps to the cause: an
// [*exec.ExitError], an error of the context or of starting the child.
type Error struct {
	// Args is the git command with its arguments.
	Args []string
	// Stderr is the end of what git said about it, at most a few thousand
	// bytes.
	Stderr string
	Err    error
}

// Error names the command and gives git's own complaint where there is one.
func (e *Error) Error() string {
	command := "git"
	for _, arg := range e.Args {
		if !strings.HasPrefix(arg, "-") {
			command += " " + arg
			break
		}
	}
	if said := complaint(e.Stderr); said != "" {
		return command + ": " + said
	}
	return command + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// complaint picks the line that tells why git gave up: the first fatal one,
// else the last. Control characters are masked, since the text may quote the
// repository and end up on a terminal.
func complaint(stderr string) string {
	last := ""
	for line := range strings.Lines(stderr) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		last = line
		if strings.HasPrefix(line, "fatal:") {
			break
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, last)
}

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

// tailSize bounds the text of an error.
const tailSize = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p[max(0, len(p)-tailSize):]...)
	if over := len(t.kept) - tailSize; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.kept) }
