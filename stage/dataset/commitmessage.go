package dataset

import (
	"context"

	"github.com/commitflow/commitflow/stage"
)

// CommitMessage asks for the message of a patch: input is the patch, output the
// subject and what the body says, without trailers and without the lines that
// name people or other commits, which the patch does not tell.
type CommitMessage struct{ Settings }

// Explain asks to explain a patch: input is the patch and the code before, output
// the subject and what the body says of it. Commits whose body has fewer than
// [MinExplanation] words make no example.
type Explain struct{ Settings }

// MinExplanation is the least number of words that explain something.
const MinExplanation = 20

const (
	messageInstruction = "Write the commit message for this patch."
	explainInstruction = "Explain this patch: what was the matter, and what does it change?"
	dropNoExplanation  = "no explanation"
)

var (
	_ stage.Processor[*stage.Commit, *Example] = (*CommitMessage)(nil)
	_ stage.Opener                             = (*CommitMessage)(nil)
	_ stage.Configured                         = (*CommitMessage)(nil)
	_ stage.Processor[*stage.Commit, *Example] = (*Explain)(nil)
	_ stage.Opener                             = (*Explain)(nil)
	_ stage.Configured                         = (*Explain)(nil)
)

// Process makes the example of a commit, or drops it for a reason of
// [Standard.Process].
func (m *CommitMessage) Process(_ context.Context, c *stage.Commit, emit func(*Example)) error {
	if err := usable(c); err != nil {
		return err
	}
	if c.Subject == "" {
		return stage.Drop(dropNoMessage)
	}
	e := newExample(c, "commit-message/"+c.Hash.String())
	e.setFiles(c.Files)
	e.Instruction = messageInstruction
	e.Input = e.valid(patchOf(c.Files))
	e.Output = e.valid(subjectAndExplanation(c))
	if err := m.withInput(e); err != nil {
		return err
	}
	emit(e)
	return nil
}

// Process makes the example of a commit, or drops it for want of an explanation or
// for a reason of [Standard.Process].
func (m *Explain) Process(_ context.Context, c *stage.Commit, emit func(*Example)) error {
	if err := usable(c); err != nil {
		return err
	}
	if words(explanation(c)) < MinExplanation {
		return stage.Drop(dropNoExplanation)
	}
	e := newExample(c, "explain/"+c.Hash.String())
	e.setFiles(c.Files)
	e.Instruction = explainInstruction
	e.Output = e.valid(subjectAndExplanation(c))
	patch := "The patch:\n\n" + e.valid(patchOf(c.Files)) + "\nThe code before:\n\n"
	if err := m.withCode(e, patch, c.Files); err != nil {
		return err
	}
	emit(e)
	return nil
}
