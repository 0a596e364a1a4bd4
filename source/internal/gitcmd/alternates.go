package gitcmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// git follows alternates of alternates this deep and no deeper; the number of
// directories and the size of a list are bounded for safety's sake.
const (
	alternatesDepth = 5
	alternatesCount = 1000
	alternatesSize  = 1 << 20
)

// ObjectDirs lists the directories that hold the repository's objects: its own
// first, then those of info/alternates, theirs after them, each once. As in
// git, an alternate that does not exist is passed over: what it held shows up
// as missing objects.
func (r *Repository) ObjectDirs() ([]string, error) {
	var dirs []string
	seen := map[string]bool{}
	var visit func(dir string, depth int) error
	visit = func(dir string, depth int) error {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil && depth > 0 || seen[real] {
			return nil
		}
		if err != nil {
			return err
		}
		if len(dirs) == alternatesCount {
			return fmt.Errorf("more than %d alternate object directories", alternatesCount)
		}
		seen[real] = true
		dirs = append(dirs, dir)
		if depth > alternatesDepth {
			return nil
		}
		next, err := alternates(dir)
		if err != nil {
			return err
		}
		for _, alternate := range next {
			if err := visit(alternate, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	if err := visit(r.ObjectDir, 0); err != nil {
		return nil, fmt.Errorf("object directories of %s: %w", r.GitDir, err)
	}
	return dirs, nil
}

// alternates reads the info/alternates of an object directory, as described in
// gitrepository-layout(5): one directory a line, relative ones to the object
// directory; lines that begin with '#' are comments, quoted ones C strings.
func alternates(objects string) ([]string, error) {
	name := filepath.Join(objects, "info", "alternates")
	list, err := readSmall(name, alternatesSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var dirs []string
	for line := range strings.SplitSeq(string(list), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '"' {
			if unquoted, err := strconv.Unquote(line); err == nil {
				line = unquoted
			}
		}
		dirs = append(dirs, below(objects, line))
	}
	return dirs, nil
}

// readSmall reads a regular file of at most limit bytes.
func readSmall(name string, limit int64) ([]byte, error) {
	if info, err := os.Stat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return content, nil
}
