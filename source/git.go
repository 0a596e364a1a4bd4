package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/source/internal/walk"
	"github.com/commitflow/commitflow/stage"
)

// Git reads the history of a git repository: its commits, oldest first and
// parents before children, each with the files that it changes against its
// first parent.
//
// The zero value reads all that HEAD reaches in the repository of the current
// directory. Git is used by pointer, and its fields must not change once it is
// open. It is a [stage.Source] whose Load runs on the workers of [stage.From],
// and a [stage.MessageSource] for a [stage.ChainLinker] in the same pipeline.
//
// What is read does not depend on the user's configuration, on attributes or
// on the state of a work tree. Nothing that the repository's configuration
// names is run, and nothing is fetched: an object that a partial clone lacks is
// missing. Files whose contents are missing are still listed; a commit whose
// trees are missing fails.
//
// Packs are mapped into memory, of which, on Linux, about 128 MiB count as the
// process's own at a time, however large the packs are; where all together are more
// than 512 MiB, they are read by pieces. Indexes are mapped as well, and count up to
// 768 MiB: that of ten million objects, as the kernel has, is 300 MiB. The cache of
// objects comes on top, see CacheBytes.
type Git struct {
	// Repo is a directory in the repository: its work tree, its .git, or a
	// bare repository. Empty means the current directory.
	Repo string
	// Name becomes Commit.Repo. Empty means the name of the repository's
	// directory, without ".git".
	Name string
	// Revisions are arguments of git-rev-list(1) that choose commits, such as
	// "v6.1..v6.2", "--all", "--no-merges" or "--since=2020-01-01". Without a
	// revision among them HEAD is meant.
	Revisions []string
	// MergeFiles lists the files of merges too, against the first parent. A
	// merge repeats the work of its branch, so that the default is to leave
	// them out.
	MergeFiles bool
	// Copies looks for copies as well as renames, as `git diff-tree -C` does.
	Copies bool
	// RenameLimit is git's diff.renameLimit: 0 means 1000, as in git, and a
	// negative number no limit.
	RenameLimit int
	// CacheBytes bounds the cache of objects that all workers share; 0 means
	// 384 MiB. Beside it, commits that were read for the list are kept, for
	// messages and until they are loaded: up to a quarter as much before Read and
	// an eighth from then on, and less and less as they are loaded.
	CacheBytes int
	// MaxObject is the largest object that is read, in bytes; 0 means 1 GiB.
	MaxObject int64
	// Workers is how many goroutines read messages in [Git.Messages]; 0 means
	// one per CPU.
	Workers int

	mu         sync.Mutex
	name       string
	repository *gitcmd.Repository
	objects    *object.Store
	history    *history

	// Of a run with a checkpoint:
	resuming    bool
	generations []generation
	next        stage.Position
}

var (
	_ stage.Source[*stage.Commit] = (*Git)(nil)
	_ stage.Loader[*stage.Commit] = (*Git)(nil)
	_ stage.Totaler               = (*Git)(nil)
	_ stage.ReleaseSource         = (*Git)(nil)
	_ stage.ResumableSource       = (*Git)(nil)
	_ stage.Configured            = (*Git)(nil)
	_ stage.Opener                = (*Git)(nil)
	_ stage.Closer                = (*Git)(nil)
)

// Open finds the repository, maps its packs and lists the revisions, on all CPUs
// if there are many. It does nothing if g is open already. Its errors wrap those
// of this package.
func (g *Git) Open(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.objects != nil {
		return nil
	}
	dir := cmp.Or(g.Repo, ".")
	if g.Workers < 0 {
		return fmt.Errorf("%d workers to read messages: use 0 for one per CPU, or a positive number", g.Workers)
	}
	repo, err := gitcmd.Open(ctx, dir)
	if err != nil {
		return err
	}
	objects, err := object.Open(ctx, repo, object.Options{CacheBytes: g.CacheBytes, MaxObject: g.MaxObject})
	if err != nil {
		return err
	}
	revisions, kept, generations, err := g.list(ctx, repo, objects)
	if err == nil && g.next > stage.Position(len(revisions)) {
		err = fmt.Errorf("%w: the checkpoint is at commit %d, and there are %d", ErrRewritten, g.next, len(revisions))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("repository %s: %w", dir, err), objects.Close())
	}
	g.name, g.repository, g.objects, g.generations = g.Name, repo, objects, generations
	g.history = &history{revisions: revisions, kept: kept}
	if g.name == "" {
		g.name = repositoryName(repo.GitDir)
	}
	return nil
}

// list lists the history, in the order of an earlier run if there was one.
func (g *Git) list(ctx context.Context, repo *gitcmd.Repository, objects *object.Store) ([]stage.Hash, *walk.Kept, []generation, error) {
	if g.resuming {
		return listGenerations(ctx, repo, objects, g.generations, g.Revisions)
	}
	revisions, kept, err := listRevisions(ctx, repo, objects, g.Revisions)
	return revisions, kept, nil, err
}

// Close unmaps the packs. Contents that were handed out stay valid.
func (g *Git) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.objects == nil {
		return nil
	}
	err := g.objects.Close()
	g.repository, g.objects, g.history = nil, nil, nil
	return err
}

// Total is the number of commits, or -1 while g is not open.
func (g *Git) Total() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.objects == nil {
		return -1
	}
	return len(g.history.revisions)
}

var errNotOpen = errors.New("the repository is not open: call Open first, or read it through a pipeline")

// opened gives what Open has found.
func (g *Git) opened() (*object.Store, *history, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.objects == nil {
		return nil, nil, errNotOpen
	}
	return g.objects, g.history, nil
}

// repositoryName is what people call a repository: the last part of its path.
func repositoryName(gitDir string) string {
	name := filepath.Base(gitDir)
	if name == ".git" {
		name = filepath.Base(filepath.Dir(gitDir))
	}
	return strings.TrimSuffix(name, ".git")
}
