package gitcmd

import (
	"bufio"
	"bytes"
	"context"
)

// longestLine bounds what one line of output may hold. `git rev-list --parents`
// prints 41 bytes per parent, so this is far beyond any honest commit.
const longestLine = 16 << 20

// Lines runs git with args and calls each for every line it prints, as it is
// printed, without the newline; the line is valid during the call only. An
// error of each stops the child and is returned as it is.
func (r *Repository) Lines(ctx context.Context, each func(line []byte) error, args ...string) error {
	p, err := r.Start(ctx, args...)
	if err != nil {
		return err
	}
	defer p.Close()
	_ = p.Stdin.Close()
	lines := bufio.NewScanner(p.Stdout)
	lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	lines.Split(splitLines)
	for lines.Scan() {
		if err := each(lines.Bytes()); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		return &Error{Args: args, Err: err}
	}
	return p.Wait()
}

// splitLines ends lines at newlines only: unlike [bufio.ScanLines] it keeps a
// carriage return, which may be part of a path.
func splitLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		return end + 1, data[:end], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
