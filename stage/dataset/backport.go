package dataset

import (
	"context"

	"github.com/commitflow/commitflow/stage"
)

// Backport asks to bring a patch to an older branch: input is the upstream commit
// and the code of the branch, output the change that the branch got, in the
// settings' form. It takes commits that a link names as backports.
type Backport struct {
	Settings
	// Related loads the upstream commits.
	Related *Related
}

// BackportDetails are the columns of [Backport] examples.
type BackportDetails struct {
	Upstream     stage.Hash `json:"upstream"`
	UpstreamDate string     `json:"upstream_date"`
	// Adapted tells that the changed lines, their context left aside, are not those of
	// the upstream patch.
	Adapted bool `json:"adapted"`
}

const (
	backportInstruction = "Backport this upstream commit to the code below."
	dropNoBackport      = "no backport"
	dropNoUpstream      = "upstream commit unknown"
)

var (
	_ stage.Processor[*stage.Commit, *Example] = (*Backport)(nil)
	_ stage.Opener                             = (*Backport)(nil)
	_ stage.Configured                         = (*Backport)(nil)
)

// Open checks the settings.
func (m *Backport) Open(ctx context.Context) error {
	if err := m.Settings.Open(ctx); err != nil {
		return err
	}
	return m.Related.Open(ctx)
}

// Process makes the example of a backport, or drops the commit.
func (m *Backport) Process(ctx context.Context, c *stage.Commit, emit func(*Example)) error {
	upstream, err := m.Related.linked(ctx, c, stage.BackportOf)
	switch {
	case err != nil:
		return inCommit(c, err)
	case len(upstream) == 0:
		if hasReference(c, stage.BackportOf) {
			return stage.Drop(dropNoUpstream)
		}
		return stage.Drop(dropNoBackport)
	}
	if err := usable(c); err != nil {
		return err
	}
	of := upstream[0].commit
	if usable(of) != nil {
		return stage.Drop(dropNoUpstream)
	}
	e := newExample(c, "backport/"+c.Hash.String())
	e.setFiles(c.Files)
	e.Instruction = backportInstruction
	change, err := m.Form.write(c.Files, m.maxLines())
	if err != nil {
		return inCommit(c, err)
	}
	e.Output = e.valid(change)
	question := "The upstream commit:\n\n" + subjectAndExplanation(of) + "\n\n" + patchOf(of.Files) + "\nThe code to bring it to:\n\n"
	if err := m.withCode(e, e.valid(question), c.Files); err != nil {
		return err
	}
	e.Details = &BackportDetails{Upstream: of.Hash, UpstreamDate: rowDate(of.Author), Adapted: !sameChange(c, of)}
	emit(e)
	return nil
}

// hasReference reports whether the commit names another that the history lacks.
func hasReference(c *stage.Commit, kind stage.LinkKind) bool {
	for i := range c.Unresolved {
		if c.Unresolved[i].Kind == kind {
			return true
		}
	}
	return false
}

// sameChange reports whether two commits change the same lines in the same way.
func sameChange(a, b *stage.Commit) bool {
	if len(a.Files) != len(b.Files) {
		return false
	}
	for i := range a.Files {
		if a.Files[i].Path() != b.Files[i].Path() || changedLines(&a.Files[i]) != changedLines(&b.Files[i]) {
			return false
		}
	}
	return true
}

// changedLines gives the added and removed lines of a file.
func changedLines(f *stage.FileChange) string {
	var lines []byte
	for i := range f.Hunks {
		lines = appendChanged(lines, f.Hunks[i].Text, "+-")
	}
	return string(lines)
}
