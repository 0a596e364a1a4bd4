// Package rename finds out which of the files that a commit adds were moved or
// copied there, as `git diff-tree -M` and `-C` do.
//
// git looks for the source of an added file in this order, and so does this
// package: first a file with the same content; then, unless copies are looked
// for as well, a file of the same base name if that is unique among what is
// left on both sides; and at last the most similar of all files that are left.
// gitdiffcore(7) describes the passes. The finer points, such as the numbers that
// pieces of a file are known by and which of several equal candidates is taken,
// are those of git 2.39, and this package's tests hold them against it.
package rename

import (
	"context"
	"slices"
	"sync"

	"github.com/commitflow/commitflow/stage"
)

// Blobs reads the files' contents. A content is shared: it is read only.
type Blobs interface {
	stage.Blobs
	// Size gives the length of a blob in bytes, for less than the blob costs.
	// An error that wraps [stage.ErrMissing] tells that the repository does not
	// hold the blob.
	Size(ctx context.Context, id stage.Hash) (int64, error)
}

// Options are the settings of a search; the zero value is `git diff-tree -M`.
type Options struct {
	// Copies looks for copies too, as -C does: also the files that the commit
	// modifies can be the source of an added file, and every source can be used
	// more than once. If the changes hold unchanged files (those of Kind 0),
	// these can be sources as well, as with -C -C.
	Copies bool
	// Limit is git's diff.renameLimit. If the number of added files times the
	// number of their possible sources is over its square, once the files of
	// equal content are out, similar files are not looked for. 0 means 1000,
	// git's default; a negative number means no limit.
	Limit int
	// MaxBlob is the size in bytes over which a file is not compared with
	// others, unless they have the same content; git has no such limit. 0
	// means 128 MiB.
	MaxBlob int64
	// MaxHeld is how many bytes of what it has learnt about contents a search
	// holds at a time. Under it, contents are read several times when there are
	// very many. 0 means 64 MiB.
	MaxHeld int
}

// The defaults of git 2.39.
const (
	defaultLimit = 1000
	// minScore is the similarity of 50 % that a rename has at least.
	minScore = maxScore / 2
)

const (
	defaultMaxBlob = 128 << 20
	defaultMaxHeld = 64 << 20
)

// Detect turns pairs of a deleted and an added file in changes into renames,
// and added files into copies. It takes changes over, and gives what is left
// of them in the same order: a rename stands where the added file stood. Files
// of Kind 0 are left out. Similarity is set as git's index in percent.
//
// limitHit tells that the commit was over the limit, so that similar files
// were not looked for, or not in the unchanged files.
//
// A blob that is missing, or over the limit of size, is as similar to others
// as an empty file: not at all. Other errors of blobs end the search; the error
// names the path and wraps theirs, and changes is as it was. Detect may be
// called concurrently. It reads one content at a time.
func Detect(ctx context.Context, blobs Blobs, changes []stage.FileChange, opt Options) (files []stage.FileChange, limitHit bool, err error) {
	d := detectors.Get().(*detector)
	defer d.release()
	d.ctx, d.blobs, d.changes, d.opt = ctx, blobs, changes, opt
	if d.opt.Limit == 0 {
		d.opt.Limit = defaultLimit
	}
	if d.opt.MaxBlob <= 0 {
		d.opt.MaxBlob = defaultMaxBlob
	}
	if d.opt.MaxHeld <= 0 {
		d.opt.MaxHeld = defaultMaxHeld
	}
	if d.collect() {
		if limitHit, err = d.search(); err != nil {
			return nil, false, err
		}
	}
	return d.resolve(), limitHit, nil
}

// detector is the state of one search. Detectors are used again, for the
// memory of their lists and tables.
type detector struct {
	ctx     context.Context
	blobs   Blobs
	changes []stage.FileChange
	opt     Options

	sources      []source
	destinations []destination

	held     int // bytes of digests
	digester digester
	// weights is the table that a file is loaded into for comparing others
	// with it.
	weights weights
}

// source is a file that others may come from.
type source struct {
	file
	change    int // its place in changes
	unchanged bool
	// uses counts the renames and copies that start here, and one more for a
	// file that stays where it is.
	uses int
}

// destination is an added file.
type destination struct {
	file
	change int // its place in changes
	// origin is the place of its source in changes, or none.
	origin int
	score  int
}

// none stands for no source, or no destination.
const none = -1

var detectors = sync.Pool{New: func() any { return new(detector) }}

// release gives the detector back, unless a large commit made it large.
func (d *detector) release() {
	const large = 1 << 12
	if cap(d.sources) > large || cap(d.destinations) > large {
		return
	}
	clear(d.sources)
	clear(d.destinations)
	d.sources, d.destinations = d.sources[:0], d.destinations[:0]
	d.ctx, d.blobs, d.changes, d.held = nil, nil, nil, 0
	detectors.Put(d)
}

// collect lists the sources and the destinations. It reports whether there is
// anything to be looked for.
func (d *detector) collect() bool {
	for i := range d.changes {
		c := &d.changes[i]
		switch {
		case c.Kind == stage.Added:
			d.destinations = append(d.destinations, destination{
				file: file{id: c.NewID, mode: c.NewMode, path: c.NewPath}, change: i, origin: none,
			})
		case c.Kind == stage.Deleted || d.opt.Copies:
			s := source{file: file{id: c.OldID, mode: c.OldMode, path: c.OldPath}, change: i}
			if c.Kind != stage.Deleted {
				s.uses, s.unchanged = 1, c.OldID == c.NewID && c.OldMode == c.NewMode
			}
			d.sources = append(d.sources, s)
		}
	}
	return len(d.sources) > 0 && len(d.destinations) > 0
}

// search goes through the passes.
func (d *detector) search() (limitHit bool, err error) {
	d.matchContents()
	if !d.opt.Copies {
		d.dropUsedSources()
		if err := d.matchBaseNames(); err != nil {
			return false, err
		}
		d.dropUsedSources()
	}
	limitHit, skipUnchanged := d.overLimit()
	if limitHit && !skipUnchanged {
		return true, nil
	}
	return limitHit, d.matchSimilar(skipUnchanged)
}

// dropUsedSources leaves the sources that are still free. Only for renames:
// a source of copies is never used up.
func (d *detector) dropUsedSources() {
	d.sources = slices.DeleteFunc(d.sources, func(s source) bool { return s.uses > 0 })
}

// overLimit compares the number of pairs that are left with the limit. If they
// are over it, skipUnchanged tells that they are not without the unchanged
// files.
func (d *detector) overLimit() (over, skipUnchanged bool) {
	if d.opt.Limit < 0 {
		return false, false
	}
	limit := int64(d.opt.Limit) * int64(d.opt.Limit)
	open, changed := int64(0), int64(0)
	for i := range d.destinations {
		if d.destinations[i].origin == none {
			open++
		}
	}
	for i := range d.sources {
		if !d.sources[i].unchanged {
			changed++
		}
	}
	all := int64(len(d.sources))
	over = open*all > limit
	return over, over && changed < all && open*changed <= limit
}

// match notes where a destination comes from.
func (d *detector) match(to *destination, from *source, score int) {
	to.origin, to.score = from.change, score
	from.uses++
}

// resolve writes the matches into the changes, and leaves out the deleted
// files that were moved. Of several files that come from one deleted file, the
// last is the rename and the others are copies.
func (d *detector) resolve() []stage.FileChange {
	for i := len(d.destinations) - 1; i >= 0; i-- {
		to := &d.destinations[i]
		if to.origin == none {
			continue
		}
		from, c := &d.changes[to.origin], &d.changes[to.change]
		c.OldPath, c.OldMode, c.OldID = from.OldPath, from.OldMode, from.OldID
		if c.OldPath == c.NewPath { // in a broken tree that holds a name twice
			c.Kind = stage.Modified
			continue
		}
		c.Similarity = to.score * 100 / maxScore
		c.Kind = stage.Copied
		if from.Kind == stage.Deleted {
			from.Kind, c.Kind = moved, stage.Renamed
		}
	}
	return slices.DeleteFunc(d.changes, func(c stage.FileChange) bool {
		return c.Kind == moved || c.Kind == unchanged
	})
}

// The kinds that only occur on the way.
const (
	unchanged stage.ChangeKind = 0
	moved     stage.ChangeKind = 1
)
