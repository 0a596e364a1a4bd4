package dataset

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/internal/enclosing"
)

// Preference makes pairs of answers to the question of [Standard]: the change that
// a commit made is the rejected one, since a later commit has shown what was wrong
// with it, and the chosen one is as the later commit left it. [PreferenceDetails]
// tell where the pair comes from:
//
//   - A fix: the chosen patch is the commit with the fix squashed into it. It is made
//     only where the fix applies to the very lines that the commit left, so that
//     nothing that happened in between gets into it.
//   - A revert of a part: likewise.
//   - A revert, and the same change once more in another form: that is chosen.
//   - A revert that tells why: chosen is to leave the change alone, with the reason.
//
// The zero value lacks Related.
type Preference struct {
	Settings
	// Related loads the commits that fix, revert and reapply.
	Related *Related
}

// PreferenceDetails are the columns of [Preference] examples.
type PreferenceDetails struct {
	// Kind is "fix", "partial-revert", "reapplied" or "revert".
	Kind string `json:"kind"`
	// Later is the commit that shows the rejected answer to be the worse one.
	Later     stage.Hash `json:"later"`
	LaterDate string     `json:"later_date"`
	Days      int        `json:"days"` // between the two; -1 where unknown
}

const (
	dropNoPair    = "no pair"
	dropNoSquash  = "later change does not apply to it"
	dropSamePair  = "equal answers"
	minReasonedBy = 8 // words
)

var (
	_ stage.Processor[*stage.Commit, *Example] = (*Preference)(nil)
	_ stage.Opener                             = (*Preference)(nil)
	_ stage.Configured                         = (*Preference)(nil)
)

// Open checks the settings.
func (m *Preference) Open(ctx context.Context) error {
	if err := m.Settings.Open(ctx); err != nil {
		return err
	}
	return m.Related.Open(ctx)
}

// Process makes a pair of a commit and the first later one that gives one, or
// drops the commit: "no pair" where nothing later is known, else for the reason
// why nothing came of what is.
func (m *Preference) Process(ctx context.Context, c *stage.Commit, emit func(*Example)) error {
	if c.IsMerge() || !hasAnyLink(c, stage.FixedBy, stage.RevertedBy) {
		return stage.Drop(dropNoPair)
	}
	if err := usable(c); err != nil {
		return err
	}
	question := Question(c)
	if question == "" {
		return stage.Drop(dropNoMessage)
	}
	later, err := m.Related.linked(ctx, c, stage.FixedBy, stage.RevertedBy, stage.ReappliedBy)
	if err != nil {
		return inCommit(c, err)
	}
	e := newExample(c, "preference/"+c.Hash.String())
	e.setFiles(c.Files)
	e.Instruction = e.valid(question)
	reason := stage.Drop(dropNoPair)
	for _, l := range later {
		chosen, kind, err := m.chosen(ctx, c, l, later)
		if _, dropped := stage.DropReason(err); dropped {
			reason = err
			continue
		}
		if err != nil {
			return inCommit(c, err)
		}
		rejected, err := m.Form.write(c.Files, m.maxLines())
		if err != nil {
			return inCommit(c, err)
		}
		if e.Output, e.Rejected = e.valid(chosen), e.valid(rejected); e.Output == e.Rejected {
			reason = stage.Drop(dropSamePair)
			continue
		}
		e.seconds = max(c.Committer.Seconds, l.commit.Committer.Seconds)
		if kind == "reapplied" {
			e.seconds = max(e.seconds, newestOf(later))
		}
		e.Details = &PreferenceDetails{Kind: kind, Later: l.commit.Hash, LaterDate: rowDate(l.commit.Author), Days: days(c, l.commit)}
		if err := m.withCode(e, "", c.Files); err != nil {
			return err
		}
		emit(e)
		return nil
	}
	return reason
}

// chosen gives the better answer that a later commit tells of.
func (m *Preference) chosen(ctx context.Context, c *stage.Commit, l linkedCommit, later []linkedCommit) (text, kind string, err error) {
	switch {
	case l.link.Kind == stage.FixedBy, l.link.Kind == stage.RevertedBy && l.link.Partial:
		files, err := squash(ctx, c, l.commit)
		if err != nil {
			return "", "", err
		}
		kind := "fix"
		if l.link.Kind == stage.RevertedBy {
			kind = "partial-revert"
		}
		text, err := m.Form.write(files, m.maxLines())
		return text, kind, err
	case l.link.Kind == stage.RevertedBy:
		for _, other := range later {
			if other.link.Kind == stage.ReappliedBy && usable(other.commit) == nil && !sameChange(c, other.commit) {
				text, err := m.Form.write(other.commit.Files, m.maxLines())
				return text, "reapplied", err
			}
		}
		why := explanation(l.commit)
		if words(why) < minReasonedBy {
			return "", "", stage.Drop(dropNoReason)
		}
		return "This should be left as it is.\n\n" + firstParagraphs(why, maxReviewWords), "revert", nil
	}
	return "", "", stage.Drop(dropNoPair)
}

// squash gives the changes of a commit with those of a later one on top. It works
// where every hunk of the later one fits what the commit left: its old lines occur
// there once.
func squash(ctx context.Context, c, later *stage.Commit) ([]stage.FileChange, error) {
	files := make([]stage.FileChange, len(c.Files))
	copy(files, c.Files)
	blobs := contents{}
	touched := 0
	for i := range later.Files {
		l := &later.Files[i]
		at := -1
		for j := range files {
			if files[j].NewPath != "" && files[j].NewPath == l.OldPath {
				at = j
			}
		}
		if at < 0 || l.Kind != stage.Modified || unusable(l) != "" || unusable(&files[at]) != "" || len(l.Hunks) == 0 ||
			l.NewMode.Type() == stage.ModeSubmodule || files[at].Kind == stage.TypeChanged {
			return nil, stage.Drop(dropNoSquash)
		}
		f := &files[at]
		after, ok := apply(f.After, l)
		if !ok {
			return nil, stage.Drop(dropNoSquash)
		}
		f.NewID = blobID(after)
		blobs[f.NewID] = after
		touched++
	}
	if touched == 0 {
		return nil, stage.Drop(dropNoSquash)
	}
	return rewrite(ctx, files, blobs)
}

// rewrite makes the patches of files anew, with the contents that are in blobs and
// those that the files have.
func rewrite(ctx context.Context, files []stage.FileChange, blobs contents) ([]stage.FileChange, error) {
	kept := files[:0]
	for i := range files {
		f := files[i]
		if after, ok := blobs[f.NewID]; ok && f.OldPath == f.NewPath && bytes.Equal(after, f.Before) {
			continue // nothing is left of its change
		}
		if f.Before != nil {
			blobs[f.OldID] = f.Before
		}
		if _, ok := blobs[f.NewID]; !ok && f.After != nil {
			blobs[f.NewID] = f.After
		}
		kept = append(kept, f)
	}
	if len(kept) == 0 {
		return nil, stage.Drop(dropSamePair)
	}
	c := &stage.Commit{Files: kept, Blobs: blobs}
	if err := (stage.DiffParser{Contents: true}).Process(ctx, c, func(*stage.Commit) {}); err != nil {
		return nil, err
	}
	return c.Files, nil
}

// blobID gives the object id that git gives a content.
func blobID(content []byte) stage.Hash {
	sum := sha1.New()
	fmt.Fprintf(sum, "blob %d\x00", len(content))
	sum.Write(content)
	return stage.Hash(sum.Sum(nil))
}

// contents are blobs in memory.
type contents map[stage.Hash][]byte

var errNoContent = errors.New("the content is not at hand")

// Blob gives a content.
func (c contents) Blob(_ context.Context, id stage.Hash) ([]byte, error) {
	content, ok := c[id]
	if !ok {
		return nil, errNoContent
	}
	return content, nil
}

// apply applies the hunks of a file's patch to a content in which their old lines
// may stand at other places, but only once each and in the same order.
func apply(content []byte, f *stage.FileChange) (after []byte, ok bool) {
	index := newLineIndex(content)
	from := 0
	for i := range f.Hunks {
		h := &f.Hunks[i]
		old := side(h, '-')
		if len(old) == 0 {
			return nil, false
		}
		at := bytes.Index(content, old)
		for at > 0 && content[at-1] != '\n' {
			next := bytes.Index(content[at+1:], old)
			if next < 0 {
				return nil, false
			}
			at += 1 + next
		}
		if at < from || !index.once(rangeAt(&index, at, h.OldLines)) {
			return nil, false
		}
		after = append(after, content[from:at]...)
		after = append(after, side(h, '+')...)
		from = at + len(old)
	}
	return append(after, content[from:]...), true
}

// rangeAt gives the lines that begin at an offset.
func rangeAt(index *lineIndex, offset, lines int) enclosing.Range {
	first := bytes.Count(index.text[:offset], []byte("\n")) + 1
	return enclosing.Range{First: first, Last: first + lines - 1}
}
