package object

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/stage"
)

// catFile asks a `git cat-file --batch` child for what cannot be read here. The
// child is started by the first question, serves one at a time, and is started
// anew if it has died. It is safe for concurrent use.
type catFile struct {
	repo  *gitcmd.Repository
	limit uint64
	life  context.Context // ends with close
	end   context.CancelFunc
	turn  chan struct{} // holds a token: whoever takes it may use what follows

	child   *gitcmd.Process
	answers *bufio.Reader
}

func newCatFile(ctx context.Context, repo *gitcmd.Repository, limit uint64) *catFile {
	c := &catFile{repo: repo, limit: limit, turn: make(chan struct{}, 1)}
	c.life, c.end = context.WithCancel(context.WithoutCancel(ctx))
	c.turn <- struct{}{}
	return c
}

// close ends the child, and with it a question under way. It may be called
// again.
func (c *catFile) close() {
	c.end()
	<-c.turn
	c.stop()
	c.turn <- struct{}{}
}

func (c *catFile) stop() {
	if c.child != nil {
		_ = c.child.Close()
		c.child, c.answers = nil, nil
	}
}

// errDied tells that the child ended where an answer was due.
var errDied = errors.New("git cat-file ended early")

// ask gives an object as git reads it.
func (c *catFile) ask(ctx context.Context, id stage.Hash, whole bool) (found, error) {
	if err := ctx.Err(); err != nil {
		return found{}, err
	}
	select {
	case <-c.turn:
		defer func() { c.turn <- struct{}{} }()
	case <-ctx.Done():
		return found{}, ctx.Err()
	case <-c.life.Done():
		return found{}, ErrClosed
	}
	o, err := c.attempt(ctx, id, whole)
	if errors.Is(err, errDied) {
		// It may have died long ago, so one new child has a try.
		o, err = c.attempt(ctx, id, whole)
	}
	switch {
	case err == nil:
		return o, nil
	case c.life.Err() != nil:
		return found{}, ErrClosed
	case ctx.Err() != nil:
		return found{}, ctx.Err()
	}
	return found{}, err
}

// attempt asks once. Unless the answer was read to its end the child is
// stopped, since it would answer the next question with the rest of this one.
func (c *catFile) attempt(ctx context.Context, id stage.Hash, whole bool) (o found, err error) {
	if c.child == nil {
		child, err := c.repo.Start(c.life, "cat-file", "--batch")
		if err != nil {
			return o, err
		}
		c.child, c.answers = child, bufio.NewReaderSize(child.Stdout, 64<<10)
	}
	child := c.child
	unhook := context.AfterFunc(ctx, func() { _ = child.Close() })
	defer unhook()
	if _, err := io.WriteString(child.Stdin, id.String()+"\n"); err != nil {
		return o, c.died()
	}
	line, err := c.answers.ReadSlice('\n')
	if err != nil {
		return o, c.died()
	}
	o, err = parseAnswer(line, id)
	if err != nil {
		if !errors.Is(err, stage.ErrMissing) {
			c.stop()
		}
		return o, err
	}
	return c.content(o, whole)
}

// content reads, or skips, what follows the answer's first line.
func (c *catFile) content(o found, whole bool) (found, error) {
	if uint64(o.size) > c.limit {
		c.stop()
		if whole {
			return found{}, ErrTooLarge
		}
		return o, nil
	}
	if whole {
		o.content = make([]byte, o.size)
		if _, err := io.ReadFull(c.answers, o.content); err != nil {
			return found{}, c.died()
		}
	} else if _, err := io.CopyN(io.Discard, c.answers, o.size); err != nil {
		return found{}, c.died()
	}
	if end, err := c.answers.ReadByte(); err != nil || end != '\n' {
		return found{}, c.died()
	}
	return o, nil
}

// died ends the child and gives errDied with the child's last words.
func (c *catFile) died() error {
	child := c.child
	c.stop()
	return fmt.Errorf("%w: %w", errDied, &gitcmd.Error{
		Args: []string{"cat-file"}, Stderr: child.Stderr(), Err: io.ErrUnexpectedEOF,
	})
}

// parseAnswer reads the first line of an answer: the id, and "missing" or the
// type and size.
func parseAnswer(line []byte, id stage.Hash) (o found, err error) {
	fields := bytes.Fields(line)
	if len(fields) < 2 || string(fields[0]) != id.String() {
		return o, fmt.Errorf("git cat-file answered %.100q", line)
	}
	if len(fields) == 2 && string(fields[1]) == "missing" {
		return o, stage.ErrMissing
	}
	if len(fields) != 3 {
		return o, fmt.Errorf("git cat-file answered %.100q", line)
	}
	if o.typ, err = parseType(fields[1]); err != nil {
		return o, err
	}
	o.size, err = strconv.ParseInt(string(fields[2]), 10, 64)
	if err == nil && o.size < 0 {
		err = corrupt("size of %d", o.size)
	}
	return o, err
}
