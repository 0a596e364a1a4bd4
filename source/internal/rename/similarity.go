package rename

import (
	"errors"
	"fmt"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// maxScore is the score of equal files.
const maxScore = 60000

// file is one side of a possible rename.
type file struct {
	id   stage.Hash
	mode stage.FileMode
	path string

	size      int64 // valid if sizeKnown; -1 if the file is not to be compared
	sizeKnown bool
	digest    *digest // nil until it is needed, and when it has been dropped
}

func (f *file) isRegular() bool { return f.mode.Type() == stage.ModeRegular.Type() }

// baseName gives the last component of the path.
func (f *file) baseName() string { return f.path[strings.LastIndexByte(f.path, '/')+1:] }

// measure finds out a file's size. It is -1 for what is not to be compared:
// symlinks, submodules, and blobs that are missing or too large.
func (d *detector) measure(f *file) error {
	if f.sizeKnown {
		return nil
	}
	f.size = -1
	if f.isRegular() {
		size, err := d.blobs.Size(d.ctx, f.id)
		switch {
		case errors.Is(err, stage.ErrMissing):
		case err != nil:
			return fmt.Errorf("size of %q: %w", f.path, err)
		case size <= d.opt.MaxBlob:
			f.size = size
		}
	}
	f.sizeKnown = true
	return nil
}

// nearInSize reports whether two measured files are near enough in size to be
// of the similarity least: what one of them is longer by is not in the other.
// The bound is git's, which takes the longer file for the measure.
func nearInSize(a, b *file, least int64) bool {
	if a.size < 0 || b.size < 0 {
		return false
	}
	longer, shorter := max(a.size, b.size), min(a.size, b.size)
	return longer > 0 && longer*(maxScore-least) >= (longer-shorter)*maxScore
}

// digestOf gives a file's digest, and holds it until it is dropped. A file that
// turns out to be missing has an empty one.
func (d *detector) digestOf(f *file) (*digest, error) {
	if f.digest != nil {
		return f.digest, nil
	}
	content, err := d.blobs.Blob(d.ctx, f.id)
	if err != nil && !errors.Is(err, stage.ErrMissing) {
		return nil, fmt.Errorf("content of %q: %w", f.path, err)
	}
	f.digest = d.digester.digest(content)
	d.held += f.digest.bytes()
	return f.digest, nil
}

// dropDigest lets go of a file's digest.
func (d *detector) dropDigest(f *file) {
	if f.digest != nil {
		d.held -= f.digest.bytes()
		f.digest = nil
	}
}

// scoreOf turns the bytes that two files share into a score: their part of the
// longer file, rounded down.
func scoreOf(shared int, a, b *file) int {
	longer := max(a.size, b.size)
	if longer <= 0 {
		return 0
	}
	return int(int64(shared) * maxScore / longer)
}

// similarity compares two files. It is 0 if the sizes alone tell that it is
// under least.
func (d *detector) similarity(from, to *file, least int64) (int, error) {
	if err := errors.Join(d.measure(from), d.measure(to)); err != nil {
		return 0, err
	}
	if !nearInSize(from, to, least) {
		return 0, nil
	}
	fromDigest, err := d.digestOf(from)
	if err != nil {
		return 0, err
	}
	toDigest, err := d.digestOf(to)
	if err != nil {
		return 0, err
	}
	d.weights.load(toDigest)
	shared := d.weights.shared(fromDigest)
	d.weights.unload(toDigest)
	return scoreOf(shared, from, to), nil
}
