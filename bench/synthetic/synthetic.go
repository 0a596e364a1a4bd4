package synthetic

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Options say what history to make. The zero value of each but Dir is
// replaced by its default.
type Options struct {
	// Dir is where the bare repository goes: a directory that is absent or
	// empty.
	Dir string
	// Commits is the number of commits on all branches together, 1000 where 0.
	Commits int
	// Files is about the number of files in the tree in the end. The first commit
	// brings them all up to 17,000, as many as the kernel's first one; the tree grows
	// evenly from there, by 110 files in 1,000 commits at the most, beyond which the
	// first commit brings more. Where it is 0 there are a tenth of Commits, but at
	// least 100, and beyond 17,000 one file to twenty commits more, as in the kernel:
	// 87,000 for 1.4 million commits.
	Files int
	// Seed tells histories of the same size apart.
	Seed uint64
	// MaxFileBytes is about the size of the largest file, 1 MiB where 0.
	MaxFileBytes int
	// Repack has git delta-compress the whole history at the end. The packs
	// are several times as large without, and it takes longer than the rest.
	Repack bool
}

const (
	defaultCommits      = 1000
	defaultMaxFileBytes = 1 << 20
	minFiles            = 100
	bytesPerLine        = 32
)

// Generate makes a history in a new bare repository with the branch main, and
// needs git 2.28 or later. When it fails or ctx is done, it empties the
// directory again.
//
// Memory grows with Files, by some three kilobytes for each, and with Commits
// by 24 bytes each; git itself takes 1.6 GB at most, the pack that it has mapped
// included. Some 1,500 commits are made in a second.
func Generate(ctx context.Context, options Options) error {
	if err := options.complete(); err != nil {
		return fmt.Errorf("synthetic history: %w", err)
	}
	if err := generate(ctx, options, commitsPerProcess); err != nil {
		return errors.Join(fmt.Errorf("synthetic history in %s: %w", options.Dir, err), empty(options.Dir))
	}
	return nil
}

func generate(ctx context.Context, options Options, commitsPerProcess int) error {
	importer, err := newImporter(ctx, options.Dir, commitsPerProcess)
	if err != nil {
		return err
	}
	runErr := newHistory(options, importer).run(ctx)
	if err := importer.finish(); err != nil {
		return err // the cause of runErr, if there is one
	}
	if runErr != nil || !options.Repack {
		return runErr
	}
	return git(ctx, "--git-dir="+options.Dir, "repack", "-a", "-d", "-f", "-q")
}

// complete fills in the defaults and checks the rest.
func (o *Options) complete() error {
	if o.Commits < 0 || o.Files < 0 || o.MaxFileBytes < 0 {
		return fmt.Errorf("%d commits, %d files, at most %d bytes a file: use positive numbers, or 0 for the default", o.Commits, o.Files, o.MaxFileBytes)
	}
	if o.Commits == 0 {
		o.Commits = defaultCommits
	}
	if o.Files == 0 {
		o.Files = min(o.Commits/10, maxFirstFiles+o.Commits/20)
	}
	o.Files = max(o.Files, minFiles)
	if o.MaxFileBytes == 0 {
		o.MaxFileBytes = defaultMaxFileBytes
	}
	if o.Dir == "" {
		return errors.New("no directory given")
	}
	entries, err := os.ReadDir(o.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: choose another directory", o.Dir)
	}
	return nil
}

// empty removes all that is in a directory.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
	}
	return err
}
