package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/commitflow/commitflow/stage/internal/maintainers"
)

// maintainersFiles finds the MAINTAINERS files of commits and the sections in
// them. From a commit to its child hardly anything of that changes, and what does
// is among the child's changed files, so that trees are looked at only where the
// parent is unknown. What was found is kept: by commits, by directories, by files
// and by sets of files, until there is so much of it that all is forgotten. It is
// safe for concurrent use.
type maintainersFiles struct {
	// forgetting is held for reading where numbers of sets are kept without mu.
	forgetting sync.RWMutex

	mu sync.Mutex
	maintainersMemory
	scratch sectionChanges
}

// maintainersMemory is what is kept.
type maintainersMemory struct {
	commits map[Hash]knownCommit
	// trees holds the files below each directory that was looked at.
	trees map[Hash]setNumber
	sets  fileSets
	// recursive tells by .get_maintainer.conf, or by the directory of the script,
	// whether it asks for the files of all directories.
	recursive map[Hash]bool
	parser    maintainers.Parser
	parsed    map[Hash][]*maintainers.Section
	sections  int // in parsed
	firstText int // bytes of sections, when the first index was made
	indexes   map[setNumber]*maintainers.Index
	// last is the index that the next one is made from, and lastSet its set.
	last    *maintainers.Index
	lastSet setNumber
}

// sectionChanges is what makes one index of another.
type sectionChanges struct{ removed, added []*maintainers.Section }

// How many things of a kind are kept.
const (
	keptCommits  = 100_000
	keptTrees    = 200_000
	keptConfigs  = 20_000
	keptSections = 1_000_000
	keptText     = 16 << 20 // bytes of sections
	keptIndexes  = 64
)

// knownCommit is a commit whose files are known.
type knownCommit struct {
	tree      Hash
	set       setNumber
	recursive bool
}

// filesInForce is the files that count at a commit.
type filesInForce struct {
	set setNumber
	// recursive tells that those of all directories count.
	recursive bool
}

// The files' names.
const (
	maintainersName   = "MAINTAINERS"
	maintainersConfig = ".get_maintainer.conf"
	scriptDir         = "scripts"
	scriptName        = "get_maintainer.pl"
)

// Where each directory may have a file of its own, the configuration or the
// script says so: by an option, as U-Boot has it since 2021, by making that
// option the default, or by gathering the files in a list, as it was there from
// 2014 on.
var recursiveMarks = []string{"--find-maintainer-files", "$find_maintainer_files = 1", "@maint_files"}

// index gives the sections that were in force at a commit; nil where it has no
// file that tells paths.
func (m *maintainersFiles) index(ctx context.Context, trees Trees, c *Commit) (*maintainers.Index, error) {
	m.forgetIfFull()
	m.forgetting.RLock()
	defer m.forgetting.RUnlock()
	files, known := m.inherited(c)
	if !known {
		var err error
		if files, err = m.ofTree(ctx, trees, c.Blobs, c.Tree); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remember(c.Hash, knownCommit{c.Tree, files.set, files.recursive})
	return m.indexOf(ctx, c.Blobs, files.set)
}

// forgetIfFull forgets all where there is too much of anything that others hold by
// number or by address.
func (m *maintainersFiles) forgetIfFull() {
	isFull := func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		// What the files of one commit take is needed again and again: were it too
		// much already, all would be read anew for every commit.
		return m.sets.full() || m.parser.Bytes() > max(keptText, 2*m.firstText)
	}
	if !isFull() {
		return
	}
	m.forgetting.Lock()
	defer m.forgetting.Unlock()
	if isFull() { // no other worker was faster
		m.mu.Lock()
		defer m.mu.Unlock()
		m.maintainersMemory = maintainersMemory{}
	}
}

// pass notes a commit without changed files, mostly a merge, for its children: if
// its tree is that of one of its parents, so are its files.
func (m *maintainersFiles) pass(c *Commit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range c.Parents {
		if files, known := m.commits[c.Parents[i]]; known && files.tree == c.Tree {
			m.remember(c.Hash, files)
			return
		}
	}
}

func (m *maintainersFiles) remember(commit Hash, known knownCommit) {
	if m.commits == nil || len(m.commits) >= keptCommits {
		m.commits = map[Hash]knownCommit{}
	}
	m.commits[commit] = known
}

// inherited gives the files of a commit by those of its first parent, if these are
// known, and by what the commit changes. Whether they are known may depend on how
// workers share out the commits; what the trees tell is the same.
func (m *maintainersFiles) inherited(c *Commit) (files filesInForce, known bool) {
	if len(c.Parents) == 0 {
		return files, false
	}
	changes := false
	for i := range c.Files {
		f := &c.Files[i]
		if decidesWhere(f.NewPath) || decidesWhere(f.OldPath) {
			return files, false
		}
		changes = changes || isMaintainers(f.NewPath) || isMaintainers(f.OldPath)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	parent, known := m.commits[c.Parents[0]]
	if !known {
		return files, false
	}
	files = filesInForce{parent.set, parent.recursive}
	if !changes {
		return files, true
	}
	for i := range c.Files {
		if f := &c.Files[i]; isMaintainers(f.OldPath) && f.Kind != Copied {
			m.change(&files, f.OldPath, Hash{})
		}
	}
	for i := range c.Files {
		if f := &c.Files[i]; isMaintainers(f.NewPath) && f.NewMode.Type() == ModeRegular.Type() {
			m.change(&files, f.NewPath, f.NewID)
		}
	}
	return files, true
}

// change puts a file at a path, or takes it away where the id is zero.
func (m *maintainersFiles) change(files *filesInForce, path string, id Hash) {
	if dir := strings.TrimSuffix(path, maintainersName); dir == "" || files.recursive {
		files.set = m.sets.with(files.set, dir, id)
	}
}

// isMaintainers reports whether a path is that of a MAINTAINERS file.
func isMaintainers(path string) bool {
	dir, is := strings.CutSuffix(path, maintainersName)
	return is && (dir == "" || dir[len(dir)-1] == '/')
}

// decidesWhere reports whether a path is that of a file that says where to look
// for MAINTAINERS files.
func decidesWhere(path string) bool {
	return path == maintainersConfig || path == scriptDir+"/"+scriptName
}

// ofTree gives the files in force in a tree.
func (m *maintainersFiles) ofTree(ctx context.Context, trees Trees, blobs Blobs, root Hash) (files filesInForce, err error) {
	walk := treeWalks.Get().(*treeWalk)
	defer treeWalks.Put(walk)
	walk.entries, walk.names = walk.entries[:0], walk.names[:0]
	if err := walk.list(ctx, trees, root); err != nil {
		return files, err
	}
	own, config, scripts := walk.own, walk.config, walk.scripts
	files.recursive, err = m.isRecursive(ctx, blobs, config, func() (Hash, error) { return config, nil })
	if err == nil && !files.recursive {
		files.recursive, err = m.isRecursive(ctx, blobs, scripts, func() (script Hash, err error) {
			err = trees.Tree(ctx, scripts, func(name []byte, _ FileMode, id Hash) {
				if string(name) == scriptName {
					script = id
				}
			})
			return script, err
		})
	}
	if err != nil {
		return files, err
	}
	if files.recursive {
		files.set, err = m.walk(ctx, trees, walk, 0, own)
		return files, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	files.set = m.sets.of(own, nil)
	return files, nil
}

// isRecursive tells whether the file that find gives says that all directories
// count. The answer is kept under the id of what the file was found by.
func (m *maintainersFiles) isRecursive(ctx context.Context, blobs Blobs, by Hash, find func() (Hash, error)) (bool, error) {
	if by.IsZero() {
		return false, nil
	}
	m.mu.Lock()
	recursive, known := m.recursive[by]
	m.mu.Unlock()
	if known {
		return recursive, nil
	}
	id, err := find()
	if err != nil {
		return false, err
	}
	if !id.IsZero() {
		text, err := maintainersBlob(ctx, blobs, id)
		if err != nil {
			return false, err
		}
		recursive = slices.ContainsFunc(recursiveMarks, func(mark string) bool { return strings.Contains(text, mark) })
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.recursive == nil || len(m.recursive) >= keptConfigs {
		m.recursive = map[Hash]bool{}
	}
	m.recursive[by] = recursive
	return recursive, nil
}

// treeWalk is the directories that are being looked at, from the root to where the
// walk is.
type treeWalk struct {
	entries []treeEntry
	names   []byte
	take    func(name []byte, mode FileMode, id Hash) // a tree's entry
	// Of the tree that is listed: its own file, and those that decide where to look.
	own, config, scripts Hash
}

// treeEntry is a directory in another one.
type treeEntry struct {
	id            Hash
	name, nameEnd int // in the walk's names
	set           setNumber
	known         bool
}

var treeWalks = sync.Pool{New: func() any {
	w := &treeWalk{}
	w.take = w.entry
	return w
}}

// list appends the directories in a tree to the walk's.
func (w *treeWalk) list(ctx context.Context, trees Trees, id Hash) error {
	w.own, w.config, w.scripts = Hash{}, Hash{}, Hash{}
	return trees.Tree(ctx, id, w.take)
}

func (w *treeWalk) entry(name []byte, mode FileMode, id Hash) {
	switch {
	case mode == ModeDir:
		start := len(w.names)
		w.names = append(w.names, name...)
		w.entries = append(w.entries, treeEntry{id: id, name: start, nameEnd: len(w.names)})
		if string(name) == scriptDir {
			w.scripts = id
		}
	case mode.Type() != ModeRegular.Type():
	case string(name) == maintainersName:
		w.own = id
	case string(name) == maintainersConfig:
		w.config = id
	}
}

// walk gives the files in and below a directory: its own, and those of the walk's
// entries from first on. Those not looked at before are walked, too.
func (m *maintainersFiles) walk(ctx context.Context, trees Trees, w *treeWalk, first int, own Hash) (setNumber, error) {
	end, names := len(w.entries), len(w.names)
	m.mu.Lock()
	for i := first; i < end; i++ {
		e := &w.entries[i]
		e.set, e.known = m.trees[e.id]
	}
	m.mu.Unlock()
	for i := first; i < end; i++ {
		if !w.entries[i].known {
			if err := w.list(ctx, trees, w.entries[i].id); err != nil {
				return 0, err
			}
			set, err := m.walk(ctx, trees, w, end, w.own)
			if err != nil {
				return 0, err
			}
			w.entries, w.names = w.entries[:end], w.names[:names]
			w.entries[i].set = set
		}
	}
	return m.keep(w, first, own), nil
}

// keep keeps what was found of the walk's entries from first on, and gives the set
// of it and of the directory's own file.
func (m *maintainersFiles) keep(w *treeWalk, first int, own Hash) setNumber {
	m.mu.Lock()
	defer m.mu.Unlock()
	below := m.sets.scratch[:0]
	for i := range w.entries[first:] {
		e := &w.entries[first+i]
		if !e.known {
			if m.trees == nil || len(m.trees) >= keptTrees {
				m.trees = map[Hash]setNumber{}
			}
			m.trees[e.id] = e.set
		}
		if e.set != 0 {
			below = append(below, setBelow{m.sets.name(w.names[e.name:e.nameEnd]), e.set})
		}
	}
	m.sets.scratch = below
	return m.sets.of(own, below)
}

// indexOf gives the sections of a set of files; nil where none tells paths.
func (m *maintainersFiles) indexOf(ctx context.Context, blobs Blobs, set setNumber) (*maintainers.Index, error) {
	if set == 0 {
		return nil, nil
	}
	x, known := m.indexes[set]
	if !known {
		changes, err := m.changes(ctx, blobs, m.lastSet, set)
		if err != nil {
			return nil, err
		}
		if m.last == nil {
			m.last, m.firstText = maintainers.NewIndex(nil), m.parser.Bytes()
		}
		x = m.last.With(changes.added, changes.removed)
		if m.indexes == nil || len(m.indexes) >= keptIndexes {
			m.indexes = map[setNumber]*maintainers.Index{}
		}
		m.indexes[set], m.last, m.lastSet = x, x, set
	}
	if !x.HasPaths() {
		return nil, nil
	}
	return x, nil
}

// changes gives what makes the sections of one set those of another. It is valid
// until the next call.
func (m *maintainersFiles) changes(ctx context.Context, blobs Blobs, from, to setNumber) (changes sectionChanges, err error) {
	changes.removed, changes.added = m.scratch.removed[:0], m.scratch.added[:0]
	m.sets.differences(from, to, func(removed, added Hash) {
		if err != nil {
			return
		}
		var before, after []*maintainers.Section
		if before, err = m.sectionsOf(ctx, blobs, removed); err == nil {
			after, err = m.sectionsOf(ctx, blobs, added)
		}
		// Most versions of a file differ in a section or two.
		for len(before) > 0 && len(after) > 0 && before[0] == after[0] {
			before, after = before[1:], after[1:]
		}
		for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
			before, after = before[:len(before)-1], after[:len(after)-1]
		}
		changes.removed, changes.added = append(changes.removed, before...), append(changes.added, after...)
	})
	m.scratch = changes
	return changes, err
}

// sectionsOf gives the sections of a file; none of the zero hash.
func (m *maintainersFiles) sectionsOf(ctx context.Context, blobs Blobs, file Hash) ([]*maintainers.Section, error) {
	if file.IsZero() {
		return nil, nil
	}
	if sections, known := m.parsed[file]; known {
		return sections, nil
	}
	text, err := maintainersBlob(ctx, blobs, file)
	if err != nil {
		return nil, err
	}
	sections := m.parser.Parse(text)
	if m.parsed == nil || m.sections+len(m.parsed) >= keptSections {
		m.parsed, m.sections = map[Hash][]*maintainers.Section{}, 0
	}
	m.parsed[file], m.sections = sections, m.sections+len(sections)
	return sections, nil
}

// maintainersBytes is the largest file that is read; the kernel's has less than
// one mebibyte.
const maintainersBytes = 16 << 20

// maintainersBlob reads a file. One that the repository does not hold, or that is
// too large to be what its name says, has no sections.
func maintainersBlob(ctx context.Context, blobs Blobs, id Hash) (string, error) {
	blob, err := blobs.Blob(ctx, id)
	switch {
	case errors.Is(err, ErrMissing), len(blob) > maintainersBytes:
		return "", nil
	case err != nil:
		return "", fmt.Errorf("%s: %w", maintainersName, err)
	}
	return string(blob), nil
}

// isDirIn tells which paths are directories in a tree.
func isDirIn(ctx context.Context, trees Trees, root Hash) func(path string) bool {
	return func(path string) bool {
		id := root
		for part := range strings.SplitSeq(path, "/") {
			var next Hash
			err := trees.Tree(ctx, id, func(name []byte, mode FileMode, entry Hash) {
				if mode == ModeDir && string(name) == part {
					next = entry
				}
			})
			if err != nil || next.IsZero() {
				return false
			}
			id = next
		}
		return true
	}
}
