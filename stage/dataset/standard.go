package dataset

import (
	"context"
	"fmt"

	"github.com/commitflow/commitflow/stage"
)

// Per says what one example is made of.
type Per int

// The things that an example can be made of.
const (
	PerCommit Per = iota // all files of a commit
	PerFile              // one file of a commit
)

// String gives "commit" or "file".
func (p Per) String() string {
	switch p {
	case PerCommit:
		return "commit"
	case PerFile:
		return "file"
	}
	return fmt.Sprintf("Per(%d)", int(p))
}

// ParsePer is the inverse of [Per.String].
func ParsePer(name string) (Per, error) {
	for _, p := range []Per{PerCommit, PerFile} {
		if name == p.String() {
			return p, nil
		}
	}
	return 0, fmt.Errorf("examples per %q: want commit or file", name)
}

// Standard asks for the change that a commit's message describes: instruction is
// the message, input the code before, output the change. It makes examples from
// commits that a [stage.DiffParser] with Contents has read. The zero value makes
// one per commit, whose output is the patch. It keeps nothing between commits and
// may run on any number of workers.
//
// The instruction is the subject, an empty line, and the body without the lines
// that name people (Signed-off-by, Reviewed-by and the like, Cc) and those that
// hold nothing but an identifier of some tool (Change-Id, git-svn-id). Fixes,
// Link, Closes, and the marks of backports and reverts stay: they tell what the
// change is about.
//
// The input shows, for each file that existed before, the functions and other
// units in which lines change, as they were:
//
//	--- a/drivers/serial/serial.c
//	@@ -120,34 @@
//	static int serial_probe(struct udevice *dev)
//	{
//	…
//	@@ -310,31 @@ part of lines 250-912: static int serial_setup(struct udevice *dev)
//	…
//
// The path is as the patch names it, and "@@" gives the first line of a piece and
// their number, as the patch's own "@@" lines do. Outside of units, the lines up to
// the next empty one are shown, some 15 at most. A unit longer than
// [Settings].MaxLines is shown only near its hunks; "part of" marks that, with the
// lines it spans and how it begins. All lines that the patch removes or shows as
// context are in the input.
//
// With [Settings].MaxTokens the input is made to fit: of the functions farthest
// from the middle of the change only the lines that the patch shows are left, and
// in the end these are left out too, but for those of the middle. The middle is the
// hunk that changes most lines. LeftOut tells what is not shown. An example that
// does not fit even so is dropped.
//
// Bytes that are not UTF-8 are read as Latin-1, and the row is marked Repaired.
type Standard struct {
	Settings
	// Per is what an example is made of.
	Per Per
}

var (
	_ stage.Processor[*stage.Commit, *Example] = (*Standard)(nil)
	_ stage.Opener                             = (*Standard)(nil)
	_ stage.Configured                         = (*Standard)(nil)
)

// Open checks the settings.
func (m *Standard) Open(ctx context.Context) error {
	if m.Per != PerCommit && m.Per != PerFile {
		return fmt.Errorf("dataset: examples per %v: want PerCommit or PerFile", m.Per)
	}
	return m.Settings.Open(ctx)
}

// Process makes the example or examples of a commit. It drops merges ("merge":
// their diff repeats the branch's work), commits without files ("no files") or
// without a message ("no message"), and those that touch binary files alone
// ("binary only"). A patch that lacks a file would be a wrong answer, so a commit
// with a file whose objects the repository does not hold ("missing content") or
// whose patch was too large to make ("content over the limit") makes none; with
// [PerFile] only the files concerned make none, and the commit counts as dropped
// if none is left.
//
// An error that wraps [ErrNoPatch] or [ErrNoContents] means that the stages before
// are set up wrongly.
func (m *Standard) Process(_ context.Context, c *stage.Commit, emit func(*Example)) error {
	question := Question(c)
	if m.Per == PerFile && !c.IsMerge() && question != "" {
		return m.perFile(question, c, emit)
	}
	if err := usable(c); err != nil {
		return err
	}
	if question == "" {
		return stage.Drop(dropNoMessage)
	}
	e, err := m.example(question, "standard/"+c.Hash.String(), c, c.Files)
	if err != nil {
		return err
	}
	emit(e)
	return nil
}

func (m *Standard) perFile(question string, c *stage.Commit, emit func(*Example)) error {
	if len(c.Files) == 0 {
		return stage.Drop(dropNoFiles)
	}
	var reason error
	made := false
	for i := range c.Files {
		f := &c.Files[i]
		if why := unusable(f); why != "" {
			reason = stage.Drop(why)
			continue
		}
		if f.Patch == "" {
			return fmt.Errorf("commit %s: %s: %w", c.Hash, f.Path(), ErrNoPatch)
		}
		id := "standard/" + c.Hash.String() + "/" + f.Path()
		e, err := m.example(question, id, c, c.Files[i:i+1])
		if _, dropped := stage.DropReason(err); dropped {
			reason = err
			continue
		}
		if err != nil {
			return err
		}
		emit(e)
		made = true
	}
	if !made {
		return reason
	}
	return nil
}

// example makes one example of some of the commit's files.
func (m *Standard) example(question, id string, c *stage.Commit, files []stage.FileChange) (*Example, error) {
	e := newExample(c, id)
	e.setFiles(files)
	e.ID = e.valid(e.ID)
	e.Instruction = e.valid(question)
	answer, err := m.Form.write(files, m.maxLines())
	if err != nil {
		return nil, inCommit(c, err)
	}
	e.Output = e.valid(answer)
	if err := m.withCode(e, "", files); err != nil {
		return nil, err
	}
	return e, nil
}

// inCommit names the commit in an error, but for the reason of a drop.
func inCommit(c *stage.Commit, err error) error {
	if _, dropped := stage.DropReason(err); dropped || err == nil {
		return err
	}
	return fmt.Errorf("commit %s: %w", c.Hash, err)
}

// Configuration names what a checkpoint must not change under a run.
func (m *Standard) Configuration() map[string]string {
	settings := m.Settings.Configuration()
	settings["per"] = m.Per.String()
	return settings
}
