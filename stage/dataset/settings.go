package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/commitflow/commitflow/stage"
)

// What a mode cannot do without: the files' patches, which a [stage.DiffParser]
// writes, and their contents, which it loads if told to.
var (
	ErrNoPatch    = errors.New("no patch: a DiffParser has to come first")
	ErrNoContents = errors.New("contents are not loaded: set DiffParser.Contents")
)

// Tokenizer counts what a model's tokenizer would make of a text.
type Tokenizer interface {
	// Count gives the number of tokens, or a number above limit as soon as it is
	// known that there are more than that; a limit of 0 is none.
	Count(text string, limit int) int
	// Name tells which tokenizer it is, for the settings of a checkpoint.
	Name() string
}

// Settings are what all modes have in common. The zero value makes examples of
// whole commits, answers with patches, and has no budget.
type Settings struct {
	// Form is how answers show code.
	Form Form
	// MaxLines is the longest function, structure or other unit that the input
	// shows whole, in lines; 0 means 400.
	MaxLines int
	// Tokenizer counts tokens; nil counts none.
	Tokenizer Tokenizer
	// MaxTokens is what instruction, input and output may have together; 0 is no
	// limit. Where they have more, code is left out of the input, see [Standard];
	// an example that is too long all the same is dropped. A format adds a few tokens
	// of its own to each turn.
	MaxTokens int
}

const defaultMaxUnitLines = 400

// Why a commit makes no example.
const (
	dropMerge     = "merge"
	dropNoFiles   = "no files"
	dropNoMessage = "no message"
	dropBinary    = "binary only"
	dropMissing   = "missing content"
	dropTruncated = "content over the limit"
	dropTokens    = "over the token budget"
)

// Open checks the settings.
func (s *Settings) Open(context.Context) error {
	switch {
	case s.Form < Patch || s.Form > Code:
		return fmt.Errorf("dataset: answers as %v: want Patch, Blocks or Code", s.Form)
	case s.MaxLines < 0:
		return fmt.Errorf("dataset: MaxLines is %d: want a positive number, or 0 for %d", s.MaxLines, defaultMaxUnitLines)
	case s.MaxTokens < 0:
		return fmt.Errorf("dataset: MaxTokens is %d: want a positive number, or 0 for no limit", s.MaxTokens)
	case s.MaxTokens > 0 && s.Tokenizer == nil:
		return fmt.Errorf("dataset: MaxTokens is %d, and there is no Tokenizer to count with", s.MaxTokens)
	}
	return nil
}

// Configuration names what a checkpoint must not change under a run.
func (s *Settings) Configuration() map[string]string {
	tokenizer := "none"
	if s.Tokenizer != nil {
		tokenizer = s.Tokenizer.Name()
	}
	return map[string]string{
		"form":       s.Form.String(),
		"max lines":  strconv.Itoa(s.maxLines()),
		"tokenizer":  tokenizer,
		"max tokens": strconv.Itoa(s.MaxTokens),
	}
}

func (s *Settings) maxLines() int { return cmp.Or(s.MaxLines, defaultMaxUnitLines) }

// count gives the tokens of a text, or some number above the limit.
func (s *Settings) count(text string, limit int) int {
	if s.Tokenizer == nil {
		return 0
	}
	return s.Tokenizer.Count(text, limit)
}

// usable tells why the files of a commit are no text to learn from. A patch that
// lacks a file would be a wrong answer, so all files count.
func usable(c *stage.Commit) error {
	switch {
	case c.IsMerge():
		return stage.Drop(dropMerge)
	case len(c.Files) == 0:
		return stage.Drop(dropNoFiles)
	}
	reason := dropBinary
	for i := range c.Files {
		f := &c.Files[i]
		switch why := unusable(f); why {
		case "":
			reason = ""
			if f.Patch == "" {
				return fmt.Errorf("commit %s: %s: %w", c.Hash, f.Path(), ErrNoPatch)
			}
		case dropMissing, dropTruncated:
			return stage.Drop(why)
		}
	}
	if reason != "" {
		return stage.Drop(reason)
	}
	return nil
}

// unusable tells why a file's change is no text to learn from, or "".
func unusable(f *stage.FileChange) string {
	switch {
	case f.Missing:
		return dropMissing
	case f.Truncated:
		return dropTruncated
	case f.Binary:
		return dropBinary
	}
	return ""
}

// withCode completes an example whose instruction and output are set: the input
// becomes the code around the changes, as it was before, with as much of it as
// there is room for. more is what the input begins with.
func (s *Settings) withCode(e *Example, more string, files []stage.FileChange) error {
	room, err := s.room(e, more)
	if err != nil {
		return err
	}
	w := inputWriters.Get().(*inputWriter)
	defer w.release()
	for i := range files {
		if err := w.add(&files[i], s.maxLines()); err != nil {
			return fmt.Errorf("commit %s: %w", e.Commit, err)
		}
	}
	text := e.valid(w.text())
	tokens := s.count(text, room)
	e.LeftOut = w.appendTooLong(e.LeftOut)
	if room > 0 && tokens > room {
		if text, e.LeftOut, err = w.fit(e, s, room); err != nil {
			return err
		}
		tokens = s.count(text, 0)
	}
	e.Input = more + text
	e.PromptTokens += tokens
	return nil
}

// withInput completes an example whose instruction, input and output are set.
func (s *Settings) withInput(e *Example) error {
	_, err := s.room(e, e.Input)
	return err
}

// room counts the tokens of the instruction, the output, and of what the input
// begins with, and gives how many are left of the budget; 0 without one.
func (s *Settings) room(e *Example, input string) (int, error) {
	left := s.MaxTokens
	for _, part := range []struct {
		text string
		sum  *int
	}{{e.Instruction, &e.PromptTokens}, {e.Output, &e.OutputTokens}, {e.Rejected, nil}, {input, &e.PromptTokens}} {
		if part.text == "" {
			continue
		}
		n := s.count(part.text, left)
		if part.sum != nil {
			*part.sum += n
		}
		if s.MaxTokens > 0 {
			if left -= n; left <= 0 {
				return 0, stage.Drop(dropTokens)
			}
		}
	}
	return left, nil
}
