package object

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// objectDir is a directory of objects: the repository's own or an alternate.
type objectDir struct {
	path string

	// What follows belongs to whoever holds the store's scan lock.

	known    map[string]bool // index files that were opened or cannot be
	modified time.Time       // of the pack directory, when it was last read
	read     time.Time
}

// unsettled is how fresh a directory's time may be for another change to leave
// it as it is: clocks of file systems tick slowly.
const unsettled = 2 * time.Second

// rescan maps the packs that have appeared since the last time, as git looks
// again before it calls an object missing, and gives those. Packs that have
// vanished stay mapped.
func (s *Store) rescan() ([]*pack, error) {
	s.scan.Lock()
	defer s.scan.Unlock()
	old := *s.packs.Load()
	all := slices.Clip(old)
	for _, dir := range s.dirs {
		names, err := dir.newIndexes()
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			p, err := openPack(name, uint32(len(all)+1), s.resident)
			if errors.Is(err, fs.ErrNotExist) {
				continue // removed by a repack, or its pack is still being written
			}
			dir.known[name] = true
			if err != nil {
				s.broken.CompareAndSwap(nil, &err)
				continue
			}
			all = append(all, p)
		}
	}
	if len(all) > len(old) {
		choosePieces(all, len(old), mostMapped)
		s.packs.Store(&all)
	}
	return all[len(old):], nil
}

// newIndexes lists the index files that were not there before, the latest
// first: recent history is asked for the most.
func (d *objectDir) newIndexes() ([]string, error) {
	packs := filepath.Join(d.path, "pack")
	info, err := os.Stat(packs)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for packs: %w", err)
	}
	if info.ModTime().Equal(d.modified) && d.read.Sub(d.modified) > unsettled {
		return nil, nil
	}
	d.modified, d.read = info.ModTime(), time.Now()
	entries, err := os.ReadDir(packs)
	if err != nil {
		return nil, fmt.Errorf("look for packs: %w", err)
	}
	type indexFile struct {
		name     string
		modified time.Time
	}
	var added []indexFile
	for _, entry := range entries {
		name := filepath.Join(packs, entry.Name())
		if !strings.HasSuffix(name, ".idx") || d.known[name] {
			continue
		}
		if info, err := entry.Info(); err == nil {
			added = append(added, indexFile{name, info.ModTime()})
		}
	}
	slices.SortStableFunc(added, func(a, b indexFile) int {
		return cmp.Or(b.modified.Compare(a.modified), strings.Compare(a.name, b.name))
	})
	names := make([]string, len(added))
	for i := range added {
		names[i] = added[i].name
	}
	return names, nil
}
