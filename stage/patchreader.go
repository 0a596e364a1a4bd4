package stage

import (
	"fmt"
	"io"
	"slices"
)

// PatchOptions sets the limits of a [PatchReader]. The zero value is ready.
type PatchOptions struct {
	// MaxFile is the largest patch of one file that is kept, in bytes; 0 means
	// 64 MiB. The change of a file with a larger one is marked Truncated and has
	// no Patch, Hunks and line counts.
	MaxFile int
	// MaxCommit is what one commit may take in memory, in bytes; 0 means 256
	// MiB. Files that no longer fit are marked Truncated, a message that does
	// not fit is cut and the cut noted in Repaired, and a mail that is larger is
	// an error.
	MaxCommit int
	// MboxRD tells that the mails come from an mbox in which every line that
	// begins with "From ", after any number of ">", has got one more ">": as
	// `git format-patch --format=mboxrd` and `git am --patch-format=mboxrd`.
	MboxRD bool
}

const (
	defaultMaxFile   = 64 << 20
	defaultMaxCommit = 256 << 20
	maxFiles         = 1 << 20 // of one commit; the kernel's whole tree is a tenth
)

// PatchCommit is a commit as a text shows it.
type PatchCommit struct {
	// Commit holds what the text tells, and Position counts the commits of the
	// stream. Hash is zero where the text does not give all its digits, as in
	// mail from elsewhere than git format-patch. Parents has one entry for each
	// parent that a "Merge:" line names, zero where abbreviated. Tree, Blobs and
	// what later stages find out are not in any text.
	Commit
	// Line is where the commit begins in the stream, from 1.
	Line int
	// Combined are the paths of a merge's combined diffs, in order: they are
	// recognised and read over, since a [FileChange] has one old side only.
	Combined []string
	// Mail is what only a mail has; nil for commits of git log.
	Mail *Mail
}

// A PatchReader reads the commits of a text stream one after another, in the
// stream's order: `git log -p` or `git show` in the formats short, medium, full,
// fuller and raw; `git format-patch --stdout`, `git log --format=email` and other
// mboxes; a single mail; or bare diffs, which make one commit without a message.
// The first line decides which it is. In git log's formats a commit begins at a
// line "commit <id>"; messages are indented there, so none holds such a line.
//
// A PatchReader is not safe for concurrent use. Its memory is bounded by
// [PatchOptions]; a line or a commit of any size is read.
type PatchReader struct {
	parser   *patchParser
	options  PatchOptions
	next     func() (*PatchCommit, error)
	position Position
	gitMbox  bool // the first mail is git format-patch's
}

// NewPatchReader makes a reader of the stream. It reads ahead of what it returns.
func NewPatchReader(r io.Reader, options PatchOptions) *PatchReader {
	if options.MaxFile <= 0 {
		options.MaxFile = defaultMaxFile
	}
	if options.MaxCommit <= 0 {
		options.MaxCommit = defaultMaxCommit
	}
	return &PatchReader{
		parser:  &patchParser{patchLines: newPatchLines(r, options.MaxFile), maxFile: options.MaxFile},
		options: options,
	}
}

// Next gives the next commit, or [io.EOF] after the last. After a [PatchError]
// the stream can be read on: the commit in error is left out, and the next call
// gives the one after it. Other errors are those of the stream, and are final.
func (r *PatchReader) Next() (*PatchCommit, error) {
	if r.next == nil {
		r.next = r.recognise()
	}
	c, err := r.next()
	if failure := r.parser.failure(); failure != nil {
		return nil, fmt.Errorf("patch line %d: %w", r.parser.number, failure)
	}
	if err != nil {
		return nil, err
	}
	c.Position = r.position
	r.position++
	return c, nil
}

// recognise decides what the stream holds. It passes over lines until one tells,
// such as the tag that `git show` prints before its commit.
func (r *PatchReader) recognise() func() (*PatchCommit, error) {
	p := r.parser
	for p.line() != nil && p.text() == "" {
		p.next()
	}
	if hash, ok := mboxLine(p.text()); ok {
		r.gitMbox = !hash.IsZero()
		return r.nextOfMbox
	}
	if isHeaderField(p.line()) && !p.at("Index: ") {
		return r.nextMail
	}
	for p.line() != nil {
		if _, ok := parseCommitLine(p.text()); ok {
			return r.nextOfLog
		}
		if p.atFile() {
			break
		}
		p.next()
	}
	return r.nextBare
}

// nextBare reads all diffs of a stream without commits as one.
func (r *PatchReader) nextBare() (*PatchCommit, error) {
	if r.parser.line() == nil {
		return nil, io.EOF
	}
	c := r.begin()
	never := func() bool { return false }
	if err := r.parser.files(c, never); err != nil {
		r.skipTo(never)
		return nil, err
	}
	return c, nil
}

// begin starts a commit at the current line.
func (r *PatchReader) begin() *PatchCommit {
	r.parser.room = r.options.MaxCommit
	r.parser.combined = nil
	return &PatchCommit{Line: r.parser.number}
}

// named gives the error the commit's hash, where that is known.
func (c *PatchCommit) named(err error) error {
	if err == nil || c.Hash.IsZero() {
		return err
	}
	return fmt.Errorf("commit %s: %w", c.Hash, err)
}

// files reads the diffs up to the line where atEnd holds, which is asked outside
// of diffs only. Other lines, such as a diffstat, are passed over.
func (p *patchParser) files(c *PatchCommit, atEnd func() bool) (err error) {
	for p.line() != nil && !atEnd() {
		if !p.atFile() {
			if err := p.strayHunk(); err != nil {
				return err
			}
			p.next()
			continue
		}
		if len(c.Files)+len(p.combined) >= maxFiles {
			return p.expected("no more than %d files in a commit", maxFiles)
		}
		if c.Files, err = p.appendFile(c.Files); err != nil {
			return err
		}
	}
	c.Combined = slices.Clone(p.combined)
	return p.failure()
}

// skipTo passes over what is left of a malformed commit.
func (r *PatchReader) skipTo(atEnd func() bool) {
	p := r.parser
	p.giveUp()
	for p.line() != nil && !atEnd() {
		p.next()
	}
}
