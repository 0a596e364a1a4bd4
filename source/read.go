package source

import (
	"context"
	"fmt"

	"github.com/commitflow/commitflow/source/internal/commitobj"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/source/internal/rename"
	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/stage"
)

// Read emits the commits of the history with their hash alone; Load does the
// rest. It begins where Resume said.
func (g *Git) Read(ctx context.Context, emit func(*stage.Commit) error) error {
	objects, history, err := g.opened()
	if err != nil {
		return err
	}
	for i := range g.next { // nobody will load these
		history.kept.Take(i)
	}
	most := objects.CacheBytes() / loadingShare
	if history.kept.Len() < (len(history.revisions)-int(g.next))/longHistory {
		most = 0
	}
	history.kept.Shrink(most)
	for i := int(g.next); i < len(history.revisions); i++ {
		c := &stage.Commit{Position: stage.Position(i), Repo: g.name, Hash: history.revisions[i], Blobs: contents{objects}}
		if err := emit(c); err != nil {
			return err
		}
	}
	return nil
}

// Load reads the commit object and finds the changed files. It is safe for
// concurrent use. An error names the object that could not be read, and wraps
// [stage.ErrMissing] if the repository does not hold it.
func (g *Git) Load(ctx context.Context, c *stage.Commit) error {
	objects, history, err := g.opened()
	if err != nil {
		return err
	}
	if c.Blobs == nil { // a commit of somebody's own that has a hash only
		c.Blobs = objects
	}
	raw, err := history.last(ctx, objects, c)
	if err != nil {
		return err
	}
	if err := commitobj.Parse(c, raw); err != nil {
		return err
	}
	if parents, ok := objects.Graft(c.Hash); ok {
		c.Parents = parents
	}
	history.trees.add(c.Hash, c.Tree)
	if c.IsMerge() {
		history.retire(ctx, objects, c)
		if !g.MergeFiles {
			return nil
		}
	}
	return g.findFiles(ctx, objects, history, c)
}

// findFiles sets the files that differ from the first parent.
func (g *Git) findFiles(ctx context.Context, objects *object.Store, history *history, c *stage.Commit) error {
	var before stage.Hash // stays zero for a root commit: no files
	if len(c.Parents) > 0 {
		var err error
		if before, err = history.treeOf(ctx, objects, c.Parents[0]); err != nil {
			return fmt.Errorf("first parent: %w", err)
		}
	}
	changes, err := tree.Diff(ctx, objects, before, c.Tree, tree.Options{})
	if err != nil {
		return err
	}
	c.Files, c.RenameLimitHit, err = rename.Detect(ctx, blobs{objects}, changes, rename.Options{
		Copies: g.Copies,
		Limit:  g.RenameLimit,
	})
	return err
}

// blobs gives the search for renames the size of a blob as well.
type blobs struct{ *object.Store }

func (b blobs) Size(ctx context.Context, id stage.Hash) (int64, error) {
	_, size, err := b.Stat(ctx, id)
	return size, err
}
