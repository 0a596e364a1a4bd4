package stage

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/commitflow/commitflow/stage/internal/maintainers"
)

// maintainersFiles finds the MAINTAINERS files of commits and the sections in
// them. Between neighbouring commits hardly anything of that changes, so it
// keeps what it found: by directories, by files and by sets of files. It is safe
// for concurrent use.
type maintainersFiles struct {
	mu sync.Mutex
	// trees holds the files below each directory that was looked at; nil for
	// none. sets holds every set of files once, by its key.
	trees map[Hash]*fileSet
	sets  map[string]*fileSet
	// recursive tells by .get_maintainer.conf whether it asks for the files of
	// all directories.
	recursive map[Hash]bool
	parser    maintainers.Parser
	parsed    map[Hash][]*maintainers.Section
	indexes   map[*fileSet]*maintainers.Index
	last      *maintainers.Index
}

// How many things of a kind are kept.
const (
	keptTrees   = 200_000
	keptFiles   = 20_000
	keptIndexes = 64
)

// fileSet is the MAINTAINERS files in and below a directory.
type fileSet struct {
	number uint32 // no two of those kept have the same
	own    Hash   // zero for none
	below  []*fileSet
}

// The files' names.
const (
	maintainersName   = "MAINTAINERS"
	maintainersConfig = ".get_maintainer.conf"
	// recursiveOption is what the configuration says where each directory may
	// have a file of its own.
	recursiveOption = "--find-maintainer-files"
)

// index gives the sections that were in force at a commit; nil where it has no
// file that tells paths.
func (m *maintainersFiles) index(ctx context.Context, trees Trees, blobs Blobs, root Hash) (*maintainers.Index, error) {
	var own, config Hash
	var dirs []Hash
	err := trees.Tree(ctx, root, func(name []byte, mode FileMode, id Hash) {
		switch {
		case mode == ModeDir:
			dirs = append(dirs, id)
		case mode.Type() != ModeRegular.Type():
		case string(name) == maintainersName:
			own = id
		case string(name) == maintainersConfig:
			config = id
		}
	})
	if err != nil {
		return nil, err
	}
	recursive, err := m.isRecursive(ctx, blobs, config)
	if err != nil {
		return nil, err
	}
	if own.IsZero() && !recursive {
		return nil, nil
	}
	var below []*fileSet
	if recursive {
		if below, err = m.below(ctx, trees, dirs); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.indexOf(ctx, blobs, m.set(own, below))
}

// isRecursive reads the configuration.
func (m *maintainersFiles) isRecursive(ctx context.Context, blobs Blobs, config Hash) (bool, error) {
	if config.IsZero() {
		return false, nil
	}
	m.mu.Lock()
	recursive, known := m.recursive[config]
	m.mu.Unlock()
	if known {
		return recursive, nil
	}
	text, err := maintainersBlob(ctx, blobs, config)
	if err != nil {
		return false, err
	}
	recursive = slices.Contains(strings.Fields(text), recursiveOption)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.recursive == nil || len(m.recursive) >= keptFiles {
		m.recursive = map[Hash]bool{}
	}
	m.recursive[config] = recursive
	return recursive, nil
}

// below gives the files below some directories.
func (m *maintainersFiles) below(ctx context.Context, trees Trees, dirs []Hash) ([]*fileSet, error) {
	var found []*fileSet
	unknown := dirs[:0]
	places := make([]int, 0, 8) // where in found those of the unknown belong
	m.mu.Lock()
	for _, dir := range dirs {
		set, known := m.trees[dir]
		switch {
		case !known:
			unknown = append(unknown, dir)
			places = append(places, len(found))
			found = append(found, nil)
		case set != nil:
			found = append(found, set)
		}
	}
	m.mu.Unlock()
	for i, dir := range unknown {
		set, err := m.in(ctx, trees, dir)
		if err != nil {
			return nil, err
		}
		found[places[i]] = set
	}
	return slices.DeleteFunc(found, func(set *fileSet) bool { return set == nil }), nil
}

// in gives the files in and below a directory that was not looked at before.
func (m *maintainersFiles) in(ctx context.Context, trees Trees, dir Hash) (*fileSet, error) {
	var own Hash
	var dirs []Hash
	err := trees.Tree(ctx, dir, func(name []byte, mode FileMode, id Hash) {
		switch {
		case mode == ModeDir:
			dirs = append(dirs, id)
		case mode.Type() == ModeRegular.Type() && string(name) == maintainersName:
			own = id
		}
	})
	if err != nil {
		return nil, err
	}
	below, err := m.below(ctx, trees, dirs)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	set := m.set(own, below)
	if m.trees == nil || len(m.trees) >= keptTrees {
		m.trees = map[Hash]*fileSet{}
	}
	m.trees[dir] = set
	return set, nil
}

// set gives the set of some files; nil for none.
func (m *maintainersFiles) set(own Hash, below []*fileSet) *fileSet {
	switch {
	case !own.IsZero():
	case len(below) == 0:
		return nil
	case len(below) == 1:
		return below[0]
	}
	key := append(make([]byte, 0, len(own)+4*len(below)), own[:]...)
	for _, set := range below {
		key = binary.LittleEndian.AppendUint32(key, set.number)
	}
	if set := m.sets[string(key)]; set != nil {
		return set
	}
	if m.sets == nil {
		m.sets = map[string]*fileSet{}
	}
	set := &fileSet{number: uint32(len(m.sets)), own: own, below: slices.Clone(below)}
	m.sets[string(key)] = set
	return set
}

// indexOf gives the sections of a set of files.
func (m *maintainersFiles) indexOf(ctx context.Context, blobs Blobs, set *fileSet) (*maintainers.Index, error) {
	if set == nil {
		return nil, nil
	}
	x, known := m.indexes[set]
	if !known {
		sections, err := m.sections(ctx, blobs, set, nil)
		if err != nil {
			return nil, err
		}
		x = maintainers.NewIndex(sections, m.last)
		if m.indexes == nil || len(m.indexes) >= keptIndexes {
			m.indexes = map[*fileSet]*maintainers.Index{}
		}
		m.indexes[set], m.last = x, x
	}
	if !x.HasPaths() {
		return nil, nil
	}
	return x, nil
}

// sections appends the sections of a set of files.
func (m *maintainersFiles) sections(ctx context.Context, blobs Blobs, set *fileSet, sections []*maintainers.Section) ([]*maintainers.Section, error) {
	if !set.own.IsZero() {
		parsed, known := m.parsed[set.own]
		if !known {
			text, err := maintainersBlob(ctx, blobs, set.own)
			if err != nil {
				return nil, err
			}
			parsed = m.parser.Parse(text)
			if m.parsed == nil || len(m.parsed) >= keptFiles {
				m.parsed = map[Hash][]*maintainers.Section{}
			}
			m.parsed[set.own] = parsed
		}
		sections = append(sections, parsed...)
	}
	for _, below := range set.below {
		var err error
		if sections, err = m.sections(ctx, blobs, below, sections); err != nil {
			return nil, err
		}
	}
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
