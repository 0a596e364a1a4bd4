package source

import (
	"context"

	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/stage"
)

// contents gives the stages behind a [Git] what the repository holds.
type contents struct{ objects *object.Store }

var (
	_ stage.Blobs      = contents{}
	_ stage.Prefetcher = contents{}
	_ stage.Releaser   = contents{}
	_ stage.Trees      = contents{}
)

// Blob gives a blob's content.
func (c contents) Blob(ctx context.Context, id stage.Hash) ([]byte, error) {
	return c.objects.Blob(ctx, id)
}

// Tree calls each for the entries of a tree.
func (c contents) Tree(ctx context.Context, id stage.Hash, each func([]byte, stage.FileMode, stage.Hash)) error {
	data, err := c.objects.Tree(ctx, id)
	if err != nil {
		return err
	}
	return tree.List(id, data, each)
}

// Prefetch is told which blobs will be asked for next.
func (c contents) Prefetch(ids []stage.Hash) { c.objects.Prefetch(ids) }

// Release tells that a blob is asked for no more, as far as can be told.
func (c contents) Release(id stage.Hash) { c.objects.Release(id) }
