// Package tree compares two trees of a git repository, file by file, as
// `git diff-tree -r` does.
//
// The two trees are walked side by side over their raw bytes. What is equal on
// both sides is never looked at more closely: equal subtrees are not read, and
// the equal head and tail of two trees are passed over without being parsed.
// So a diff costs as much as the directories on the way to the changes are
// wide, and not as much as the tree is large.
package tree

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/commitflow/commitflow/stage"
)

// Trees reads tree objects. The bytes it returns are shared: they are read
// only, here and elsewhere, and stay valid until [Diff] returns. One that is a
// [stage.Releaser], too, is told which trees were the older of two that differ.
type Trees interface {
	// Tree gives the raw content of a tree object. An error that wraps
	// [stage.ErrMissing] tells that the repository does not hold the object.
	Tree(ctx context.Context, id stage.Hash) ([]byte, error)
}

// Unchanged is the kind of the files that are equal on both sides, which
// [Options] can ask for. It is no change, and is not among git's letters.
const Unchanged stage.ChangeKind = 0

// Options are the settings of a diff; the zero value is `git diff-tree -r`.
type Options struct {
	// Unchanged asks for the files that are equal on both sides as well, in
	// their place among the others: the search for copies in all files needs
	// them. Every subtree is then read.
	Unchanged bool
	// MaxFiles bounds the files of one diff, and with them its time and memory
	// (about 400 bytes a file and what their paths take); 0 means a million,
	// which is ten times the files of Linux.
	MaxFiles int
}

// emptyTree is the id of the tree without entries. git knows it without its
// being in the repository.
var emptyTree = stage.Hash{
	0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60,
	0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee, 0x49, 0x04,
}

// MalformedError tells that a tree object's bytes make no sense.
type MalformedError struct {
	ID   stage.Hash
	Path string // where the tree stands; empty for the root
	Err  error
}

func (e *MalformedError) Error() string {
	return fmt.Sprintf("tree %s at %q is malformed: %v", e.ID, e.Path, e.Err)
}

func (e *MalformedError) Unwrap() error { return e.Err }

// Diff lists the files that differ between two trees, in git's order, which is
// the order of the bytes of their paths. The zero hash stands for the tree
// without entries: a root commit's tree is compared with it.
//
// Kind, the paths, the modes and the ids are set. A file that becomes a
// symlink or a submodule, or the reverse, is [stage.TypeChanged]; one that
// becomes a directory is deleted, and the directory's files are added.
// Submodules are files here: nothing is read below them. Modes are those that
// git shows: 100644 for what is stored as 100664.
//
// An error names the tree and where it stands. It wraps what trees returned,
// so that a subtree that is not there matches [stage.ErrMissing]; or it is a
// [MalformedError], or wraps [ErrTooLarge]. Malformed entries that are the same
// on both sides may go unnoticed.
//
// All paths share one piece of memory: a path that is to outlive the others is
// better cloned. Diff may be called concurrently.
func Diff(ctx context.Context, trees Trees, before, after stage.Hash, opt Options) ([]stage.FileChange, error) {
	if before == after && !opt.Unchanged {
		return nil, nil
	}
	w := walkers.Get().(*walker)
	defer w.release()
	w.ctx, w.trees, w.unchanged = ctx, trees, opt.Unchanged
	w.releaser, _ = trees.(stage.Releaser)
	w.budget = newBudget(opt.MaxFiles)
	if err := w.subtrees(before, after, 0); err != nil {
		return nil, err
	}
	return w.files(), nil
}

// walker is the state of one diff. Walkers are used again, for the memory of
// their lists.
type walker struct {
	ctx       context.Context
	trees     Trees
	releaser  stage.Releaser // nil if trees is none
	cache     Cache          // nil unless trees are only to be released, see [Retire]
	unchanged bool
	budget    budget

	prefix []byte // the directory that is being compared, with its slash
	paths  []byte // the paths of all changes, one after the other
	found  []change
}

// change is a file that differs, as small as can be: most of what a
// [stage.FileChange] holds comes later.
type change struct {
	kind             stage.ChangeKind
	pathEnd          int // where its path ends in paths; it starts where the one before ends
	oldMode, newMode stage.FileMode
	oldID, newID     stage.Hash
}

var walkers = sync.Pool{New: func() any { return new(walker) }}

// release gives the walker back, unless a large diff made it large.
func (w *walker) release() {
	if cap(w.prefix)+cap(w.paths) > 1<<20 || cap(w.found) > 1<<14 {
		return
	}
	*w = walker{prefix: w.prefix[:0], paths: w.paths[:0], found: w.found[:0]}
	walkers.Put(w)
}

// files turns what was found into the records of the caller.
func (w *walker) files() []stage.FileChange {
	if len(w.found) == 0 {
		return nil
	}
	paths := string(w.paths)
	files := make([]stage.FileChange, len(w.found))
	start := 0
	for i := range w.found {
		c, f := &w.found[i], &files[i]
		path := paths[start:c.pathEnd]
		start = c.pathEnd
		f.Kind = c.kind
		f.OldMode, f.NewMode = c.oldMode, c.newMode
		f.OldID, f.NewID = c.oldID, c.newID
		if c.kind != stage.Added {
			f.OldPath = path
		}
		if c.kind != stage.Deleted {
			f.NewPath = path
		}
	}
	return files
}

// subtrees compares the trees with the given ids, which stand at w.prefix. A
// zero id is a side that has no such directory.
func (w *walker) subtrees(before, after stage.Hash, depth int) error {
	if err := w.budget.descend(depth, len(w.prefix)); err != nil {
		return w.tooLarge(err)
	}
	oldData, ok, err := w.older(before, after)
	if err != nil || !ok {
		return err
	}
	newData := oldData
	if before != after {
		if w.releaser != nil && !before.IsZero() {
			w.releaser.Release(before)
		}
		if newData, err = w.read(after); err != nil {
			return err
		}
	}
	p := pair{old: oldData, new: newData, oldID: before, newID: after, depth: depth}
	if !w.unchanged {
		p.skipEqualEnds()
	}
	return w.compare(&p)
}

// older gives the bytes of the older tree of two; ok is false where to compare them is
// of no use.
func (w *walker) older(before, after stage.Hash) (data []byte, ok bool, err error) {
	if w.cache != nil {
		data, ok = w.retired(before, after)
		return data, ok, nil
	}
	data, err = w.read(before)
	return data, true, err
}

// read gives a tree's bytes.
func (w *walker) read(id stage.Hash) ([]byte, error) {
	if id.IsZero() || id == emptyTree {
		return nil, nil
	}
	if err := w.ctx.Err(); err != nil {
		return nil, err
	}
	data, err := w.trees.Tree(w.ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read tree %s at %q: %w", id, w.dir(), err)
	}
	if err := w.budget.read(len(data)); err != nil {
		return nil, w.tooLarge(err)
	}
	return data, nil
}

// dir gives the directory that is being compared, without its slash.
func (w *walker) dir() []byte { return bytes.TrimSuffix(w.prefix, []byte("/")) }

// tooLarge tells where the diff was given up.
func (w *walker) tooLarge(err error) error { return fmt.Errorf("at %.100q: %w", w.dir(), err) }

// compare merges the entries of two trees, in git's order.
func (w *walker) compare(p *pair) error {
	var oldEntry, newEntry entry
	var oldSize, newSize int // of the entries parsed and not yet used; 0 for none
	var err error
	for len(p.old) > 0 || len(p.new) > 0 {
		if oldSize == 0 && newSize == 0 && !w.unchanged && p.skipEqualEntry() {
			continue
		}
		if oldSize == 0 && len(p.old) > 0 {
			if oldEntry, oldSize, err = parseEntry(p.old); err != nil {
				return w.malformed(p.oldID, err)
			}
		}
		if newSize == 0 && len(p.new) > 0 {
			if newEntry, newSize, err = parseEntry(p.new); err != nil {
				return w.malformed(p.newID, err)
			}
		}
		order := 0
		switch {
		case newSize == 0:
			order = -1
		case oldSize == 0:
			order = 1
		default:
			order = compare(&oldEntry, &newEntry)
		}
		switch {
		case order < 0:
			err = w.differ(&oldEntry, nil, p.depth)
		case order > 0:
			err = w.differ(nil, &newEntry, p.depth)
		default:
			err = w.differ(&oldEntry, &newEntry, p.depth)
		}
		if err != nil {
			return err
		}
		if order <= 0 {
			p.old, oldSize = p.old[oldSize:], 0
		}
		if order >= 0 {
			p.new, newSize = p.new[newSize:], 0
		}
	}
	return nil
}

func (w *walker) malformed(id stage.Hash, err error) error {
	return &MalformedError{ID: id, Path: string(w.dir()), Err: err}
}

// differ handles the entries of one name. One of them may be nil: there is no
// such entry on that side. If both are there, they are both directories or
// both something else.
func (w *walker) differ(oldEntry, newEntry *entry, depth int) error {
	named := oldEntry
	if oldEntry == nil {
		named = newEntry
	}
	var c change
	if oldEntry != nil {
		c.oldMode, c.oldID = oldEntry.mode, stage.Hash(oldEntry.id)
	}
	if newEntry != nil {
		c.newMode, c.newID = newEntry.mode, stage.Hash(newEntry.id)
	}
	if c.oldMode == c.newMode && c.oldID == c.newID && !w.unchanged {
		return nil // the same but for the spelling of the mode
	}
	if named.isDir() {
		length := len(w.prefix)
		w.prefix = append(append(w.prefix, named.name...), '/')
		err := w.subtrees(c.oldID, c.newID, depth+1)
		w.prefix = w.prefix[:length]
		return err
	}
	if w.cache != nil {
		return nil
	}
	c.kind = c.judge()
	return w.add(c, named.name)
}

// judge gives the kind of the change.
func (c *change) judge() stage.ChangeKind {
	switch {
	case c.oldMode == stage.ModeNone:
		return stage.Added
	case c.newMode == stage.ModeNone:
		return stage.Deleted
	case c.oldMode.Type() != c.newMode.Type():
		return stage.TypeChanged
	case c.oldMode == c.newMode && c.oldID == c.newID:
		return Unchanged
	default:
		return stage.Modified
	}
}

// add notes a change of the file with the name in the current directory.
func (w *walker) add(c change, name []byte) error {
	if err := w.budget.file(len(w.prefix) + len(name)); err != nil {
		return w.tooLarge(err)
	}
	w.paths = append(append(w.paths, w.prefix...), name...)
	c.pathEnd = len(w.paths)
	w.found = append(w.found, c)
	return nil
}
