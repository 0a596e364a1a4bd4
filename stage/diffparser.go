package stage

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/sourcegraph/conc/iter"

	"github.com/commitflow/commitflow/stage/internal/linediff"
	"github.com/commitflow/commitflow/stage/internal/spdx"
	"github.com/commitflow/commitflow/stage/internal/unified"
)

// DefaultMaxBytes is the size up to which git makes text diffs of a file
// (core.bigFileThreshold in `git help config`).
const DefaultMaxBytes = 512 << 20

// DiffParser writes the patch of every changed file, byte for byte as
// `git diff-tree -p -M --full-index` prints it with git's default settings and
// no attributes, and splits it into hunks. It reads contents through
// [Commit.Blobs] and fills in the part of [FileChange] that is marked as its
// own. Commits without files or without Blobs are passed on as they are.
//
// A content that the repository does not hold marks its file as Missing and the
// commit goes on; any other error of Blobs fails the commit.
//
// The zero DiffParser is ready. Process is safe for concurrent use; it shares out the
// files of a commit with more than a hundred to as many goroutines as there are
// processors.
type DiffParser struct {
	// Context is the number of common lines around a change; 0 means 3.
	Context int
	// Contents asks for [FileChange.Before] and [FileChange.After] to be set.
	Contents bool
	// MaxBytes is the largest content to make a patch of: a file with a larger
	// one is marked as Truncated. 0 means [DefaultMaxBytes]; 1 GiB is the most.
	// Besides the contents and the patch itself, a comparison takes up to some
	// hundred bytes of memory for every line between the first and the last
	// change, as git's does.
	MaxBytes int
}

var _ Processor[*Commit, *Commit] = DiffParser{}

// Open checks the settings.
func (p DiffParser) Open(context.Context) error {
	if p.Context < 0 {
		return fmt.Errorf("DiffParser.Context is %d: give the number of lines, or 0 for 3", p.Context)
	}
	if p.MaxBytes < 0 || p.MaxBytes > linediff.MaxBytes {
		return fmt.Errorf("DiffParser.MaxBytes is %d: give a size of at most %d bytes, or 0 for %d",
			p.MaxBytes, linediff.MaxBytes, DefaultMaxBytes)
	}
	return nil
}

// Configuration names what a checkpoint must not change under a run.
func (p DiffParser) Configuration() map[string]string {
	return map[string]string{
		"context":   strconv.Itoa(cmp.Or(p.Context, 3)),
		"contents":  strconv.FormatBool(p.Contents),
		"max bytes": strconv.Itoa(cmp.Or(p.MaxBytes, DefaultMaxBytes)),
	}
}

// Process sets the patches of the commit's files.
func (p DiffParser) Process(ctx context.Context, c *Commit, emit func(*Commit)) error {
	if len(c.Files) > 0 && c.Blobs != nil {
		if err := p.withDefaults().writePatches(ctx, c); err != nil {
			return fmt.Errorf("commit %s: %w", c.Hash, err)
		}
	}
	emit(c)
	return nil
}

// filesAtOnce is the most files whose patches one goroutine writes. A commit that
// changes thousands would have everybody else wait for it.
const filesAtOnce = 128

// writePatches sets the patches of all files, on several processors if there are
// many.
func (p DiffParser) writePatches(ctx context.Context, c *Commit) error {
	if len(c.Files) <= filesAtOnce {
		return p.writePart(ctx, c.Blobs, c.Files)
	}
	parts := slices.Collect(slices.Chunk(c.Files, filesAtOnce))
	failures := make([]error, len(parts))
	iter.ForEachIdx(parts, func(i int, part *[]FileChange) { failures[i] = p.writePart(ctx, c.Blobs, *part) })
	for _, err := range failures {
		if err != nil {
			return err // that of the first file that has one
		}
	}
	return nil
}

func (p DiffParser) writePart(ctx context.Context, blobs Blobs, files []FileChange) error {
	w := patchWriters.Get().(*patchWriter)
	err := w.write(ctx, p, blobs, files)
	w.release() // not after a panic, of which it may hold the remains
	return err
}

func (p DiffParser) withDefaults() DiffParser {
	if p.Context <= 0 {
		p.Context = 3
	}
	if p.MaxBytes <= 0 {
		p.MaxBytes = DefaultMaxBytes
	}
	p.MaxBytes = min(p.MaxBytes, linediff.MaxBytes)
	return p
}

var patchWriters = sync.Pool{New: func() any { return new(patchWriter) }}

// patchWriter writes the patches of files one after the other into one buffer,
// which becomes one string in the end; of very large patches, several strings.
type patchWriter struct {
	options DiffParser
	differ  linediff.Differ
	text    []byte
	hunks   []unified.Hunk
	spans   []span
	ids     []Hash
}

// span is where the patch and the hunks of a file end.
type span struct {
	text, hunks int
}

// write sets the patches of files.
func (w *patchWriter) write(ctx context.Context, options DiffParser, blobs Blobs, files []FileChange) error {
	w.options = options
	w.begin()
	if prefetcher, ok := blobs.(Prefetcher); ok {
		w.ids = appendBlobs(w.ids[:0], files)
		prefetcher.Prefetch(w.ids)
	}
	first := 0 // of the files whose patches are in the buffer
	for i := range files {
		if err := w.file(ctx, blobs, &files[i]); err != nil {
			return err
		}
		w.spans = append(w.spans, span{text: len(w.text), hunks: len(w.hunks)})
		if len(w.text) >= keptBytes {
			w.share(files[first : i+1])
			w.begin()
			first = i + 1
		}
	}
	w.share(files[first:])
	return nil
}

// appendBlobs appends the ids of the blobs whose contents patches are made of.
func appendBlobs(ids []Hash, files []FileChange) []Hash {
	for i := range files {
		f := &files[i]
		if f.OldMode != ModeNone && f.OldMode.Type() != ModeSubmodule {
			ids = append(ids, f.OldID)
		}
		if f.NewMode != ModeNone && f.NewMode.Type() != ModeSubmodule && f.NewID != f.OldID {
			ids = append(ids, f.NewID)
		}
	}
	return ids
}

// begin empties the buffer.
func (w *patchWriter) begin() { w.text, w.hunks, w.spans = w.text[:0], w.hunks[:0], w.spans[:0] }

// share gives the files, to which the spans belong, their parts of the text and
// of the hunks.
func (w *patchWriter) share(files []FileChange) {
	text := string(w.text)
	var hunks []Hunk
	if len(w.hunks) > 0 {
		hunks = make([]Hunk, len(w.hunks))
	}
	for i, h := range w.hunks {
		hunks[i] = Hunk{
			OldStart: h.OldStart, OldLines: h.OldLines,
			NewStart: h.NewStart, NewLines: h.NewLines,
			Heading: text[h.Heading:h.HeadingEnd],
			Text:    text[h.Text:h.End],
		}
	}
	var from span
	for i := range files {
		to := w.spans[i]
		files[i].Patch = text[from.text:to.text]
		files[i].Hunks = nil
		if from.hunks < to.hunks {
			files[i].Hunks = hunks[from.hunks:to.hunks:to.hunks]
		}
		from = to
	}
}

// keptBytes is the largest buffer that is kept for the next commit, and the
// length at which its text becomes a string before the commit's end: so a large
// commit does not take its size twice.
const keptBytes = 4 << 20

// release puts the writer back into the pool.
func (w *patchWriter) release() {
	if cap(w.text) > keptBytes {
		w.text = nil
	}
	w.differ.Release()
	patchWriters.Put(w)
}

// file writes the patch of one file.
func (w *patchWriter) file(ctx context.Context, blobs Blobs, f *FileChange) error {
	f.Added, f.Deleted, f.Binary, f.Missing, f.Truncated, f.License = 0, 0, false, false, false, ""
	old, err := w.load(ctx, blobs, f, f.OldMode, f.OldID)
	if err != nil {
		return fmt.Errorf("file %q: %w", f.OldPath, err)
	}
	if releaser, ok := blobs.(Releaser); ok && replaces(f) {
		releaser.Release(f.OldID)
	}
	new := old
	if f.OldID != f.NewID || f.OldMode.Type() != f.NewMode.Type() {
		if new, err = w.load(ctx, blobs, f, f.NewMode, f.NewID); err != nil {
			return fmt.Errorf("file %q: %w", f.NewPath, err)
		}
	}
	if w.options.Contents {
		f.Before, f.After = old.blob, new.blob
	}
	f.License = license(f, old, new)

	typeChange := f.OldMode != ModeNone && f.NewMode != ModeNone && f.OldMode.Type() != f.NewMode.Type()
	if !typeChange && f.OldID == f.NewID {
		// Nothing but the name or the mode changed: no content is needed.
		f.Missing, f.Truncated = false, false
		f.Binary = isBinary(new.text)
		if shownMode(f.OldMode) != shownMode(f.NewMode) || f.OldPath != f.NewPath {
			w.text = appendHeader(w.text, f)
		}
		return nil
	}
	if f.Missing || f.Truncated {
		return nil
	}
	f.Binary = isBinary(old.text) || isBinary(new.text)
	if !typeChange {
		f.Added, f.Deleted = w.section(f, old.text, new.text)
		return nil
	}
	// A change between file, symlink and submodule is shown as the deletion of
	// the one and the addition of the other, but counted as a change.
	deletion := FileChange{Kind: Deleted, OldPath: f.OldPath, OldMode: f.OldMode, OldID: f.OldID}
	addition := FileChange{Kind: Added, NewPath: f.NewPath, NewMode: f.NewMode, NewID: f.NewID}
	deletion.Binary, addition.Binary = isBinary(old.text), isBinary(new.text)
	w.section(&deletion, old.text, nil)
	w.section(&addition, nil, new.text)
	if !f.Binary {
		f.Added, f.Deleted = countChanged(w.differ.Diff(old.text, new.text))
	}
	return nil
}

// replaces tells whether the commit leaves nothing of a blob that the file was before.
func replaces(f *FileChange) bool {
	return f.OldMode != ModeNone && f.OldMode.Type() != ModeSubmodule && f.OldID != f.NewID && f.Kind != Copied
}

// section writes one "diff --git" section and counts its lines.
func (w *patchWriter) section(f *FileChange, old, new []byte) (added, deleted int) {
	w.text = appendHeader(w.text, f)
	if f.Binary {
		w.text = appendBinaryNotice(w.text, f)
		return 0, 0
	}
	changes := w.differ.Diff(old, new)
	if len(changes) == 0 {
		return 0, 0
	}
	w.text = appendFileNames(w.text, f)
	w.text, w.hunks = unified.AppendHunks(w.text, w.hunks, old, new, changes, w.options.Context)
	return countChanged(changes)
}

// countChanged counts lines as `git log --numstat` does.
func countChanged(changes []linediff.Change) (added, deleted int) {
	for i := range changes {
		added += changes[i].New.Lines
		deleted += changes[i].Old.Lines
	}
	return added, deleted
}

// content is one side of a change.
type content struct {
	// text is what the patch is made of: the blob, or for a submodule a line
	// that names its commit.
	text []byte
	// blob is what the repository holds; nil for submodules.
	blob []byte
}

// load reads one side of a change, or marks the file if that cannot be done.
func (w *patchWriter) load(ctx context.Context, blobs Blobs, f *FileChange, mode FileMode, id Hash) (content, error) {
	switch {
	case mode == ModeNone:
		return content{}, nil
	case mode.Type() == ModeSubmodule:
		return content{text: appendSubmodule(nil, id)}, nil
	}
	blob, err := blobs.Blob(ctx, id)
	switch {
	case errors.Is(err, ErrMissing):
		f.Missing = true
		return content{}, nil
	case err != nil:
		return content{}, err
	case len(blob) > w.options.MaxBytes:
		f.Truncated = true
	}
	return content{text: blob, blob: blob}, nil
}

// license gives the SPDX expression of the file after the change, or before it
// if the change deletes the file.
func license(f *FileChange, old, new content) string {
	mode, blob := f.NewMode, new.blob
	if mode == ModeNone {
		mode, blob = f.OldMode, old.blob
	}
	if mode.Type() != ModeRegular.Type() {
		return ""
	}
	return spdx.Expression(blob)
}

// binaryProbe is how much of a content git looks at to tell text from binary
// data.
const binaryProbe = 8000

// isBinary reports whether git takes a content for binary data: one with a NUL
// among its first bytes.
func isBinary(content []byte) bool {
	return bytes.IndexByte(content[:min(len(content), binaryProbe)], 0) >= 0
}
