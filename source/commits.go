package source

import (
	"context"
	"fmt"

	"github.com/commitflow/commitflow/stage"
)

var _ stage.Commits = (*Git)(nil)

// Commit loads any commit of the repository, of the chosen revisions or not, as
// [Git.Load] does. It opens g if it is not open yet, and is safe for concurrent
// use.
func (g *Git) Commit(ctx context.Context, hash stage.Hash) (*stage.Commit, error) {
	if err := g.Open(ctx); err != nil {
		return nil, err
	}
	objects, _, err := g.opened()
	if err != nil {
		return nil, err
	}
	c := &stage.Commit{Repo: g.name, Hash: hash, Blobs: objects}
	if err := g.Load(ctx, c); err != nil {
		return nil, fmt.Errorf("commit %s: %w", hash, err)
	}
	return c, nil
}
