package tree

import (
	"context"

	"github.com/commitflow/commitflow/stage"
)

// Cache is [Trees] of which some are at hand.
type Cache interface {
	Trees
	stage.Releaser
	// Held gives a tree that is at hand and was not released.
	Held(id stage.Hash) (content []byte, ok bool)
}

// Retire releases the trees of before that after has others in place of, as far as they
// are at hand: it is for the parents of a merge, of which hardly a child comes that would
// be compared with them. One in fifteen of U-Boot's commits is a merge, and each leaves behind
// the directories that were changed on both sides, down from the root.
//
// It reads those trees of after that it meets, which will be asked for when the merge's
// child is compared with it. What cannot be read is left to that.
func Retire(ctx context.Context, trees Cache, before, after stage.Hash) {
	if before == after {
		return
	}
	w := walkers.Get().(*walker)
	defer w.release()
	w.ctx, w.trees, w.releaser, w.cache = ctx, trees, trees, trees
	w.budget = newBudget(0)
	_ = w.subtrees(before, after, 0)
}

// retired gives the tree of before, if it is worth going down from there: nothing below
// a tree that was released is left, since whoever released it went down, too.
func (w *walker) retired(before, after stage.Hash) (content []byte, ok bool) {
	if before.IsZero() || after.IsZero() {
		return nil, false
	}
	return w.cache.Held(before)
}
