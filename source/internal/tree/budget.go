package tree

import (
	"errors"
	"fmt"
)

// ErrTooLarge marks a diff that was given up because it has too many files, or
// because its trees are nested too deeply. A few small trees that hold each
// other several times stand for billions of files, and with replaced objects a
// tree can even hold itself.
var ErrTooLarge = errors.New("trees are too large")

const (
	defaultMaxFiles = 1_000_000
	// maxDepth is far above what occurs; later versions of git refuse trees that
	// are some thousands deep, too (core.maxTreeDepth).
	maxDepth = 2048
	// maxDirPath is far above what any system can check out.
	maxDirPath = 1 << 20
	// pathBytes and treeBytes are how long the paths of the files may be on
	// average, and how many bytes of trees may be read for each. Both are far
	// above what occurs.
	pathBytes = 256
	treeBytes = 2048
	// readCost is what the reading of a tree costs at least, in bytes.
	readCost = 512
	// minFiles is the number of files from which on the sums of bytes grow.
	minFiles = 10_000
)

// budget is what is left to a diff.
type budget struct{ maxFiles, files, pathBytes, treeBytes int }

func newBudget(maxFiles int) budget {
	if maxFiles <= 0 {
		maxFiles = defaultMaxFiles
	}
	many := max(maxFiles, minFiles)
	return budget{maxFiles: maxFiles, files: maxFiles, pathBytes: many * pathBytes, treeBytes: many * treeBytes}
}

// descend asks for a directory at a depth, with a path of so many bytes.
func (b *budget) descend(depth, path int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: more than %d directories deep", ErrTooLarge, maxDepth)
	}
	if path > maxDirPath {
		return fmt.Errorf("%w: directory's path of %d bytes", ErrTooLarge, path)
	}
	return nil
}

// read pays for the reading of a tree of so many bytes.
func (b *budget) read(size int) error {
	if b.treeBytes -= size + readCost; b.treeBytes < 0 {
		return fmt.Errorf("%w: more than %d kB of trees to read", ErrTooLarge, max(b.maxFiles, minFiles)*treeBytes/1000)
	}
	return nil
}

// file pays for a file with a path of so many bytes.
func (b *budget) file(path int) error {
	if b.files--; b.files < 0 {
		return fmt.Errorf("%w: more than %d files", ErrTooLarge, b.maxFiles)
	}
	if b.pathBytes -= path; b.pathBytes < 0 {
		return fmt.Errorf("%w: more than %d kB of paths", ErrTooLarge, max(b.maxFiles, minFiles)*pathBytes/1000)
	}
	return nil
}
