package source

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"github.com/commitflow/commitflow/source/internal/commitobj"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/source/internal/walk"
	"github.com/commitflow/commitflow/stage"
)

// history is the list of a repository's commits, with what is at hand of them.
type history struct {
	revisions []stage.Hash
	kept      *walk.Kept // of some of the revisions, by position
	trees     rootTrees
}

// last gives a commit as it is stored, and gives up what was kept of it: nobody asks
// for it again.
func (h *history) last(ctx context.Context, objects *object.Store, c *stage.Commit) ([]byte, error) {
	if c.Position < stage.Position(len(h.revisions)) && h.revisions[c.Position] == c.Hash {
		if raw := h.kept.Take(c.Position); raw != nil {
			return raw, nil
		}
	}
	raw, err := objects.Commit(ctx, c.Hash)
	objects.Release(c.Hash)
	return raw, err
}

// treeOf gives the tree of a commit.
func (h *history) treeOf(ctx context.Context, objects *object.Store, commit stage.Hash) (stage.Hash, error) {
	if root, ok := h.trees.find(commit); ok {
		return root, nil
	}
	raw, err := objects.Commit(ctx, commit)
	if err != nil {
		return stage.Hash{}, err
	}
	root, err := commitobj.Tree(raw)
	if err != nil {
		return stage.Hash{}, fmt.Errorf("commit %s: %w", commit, err)
	}
	return root, nil
}

// retire releases the trees that a merge's parents leave behind, of those parents that
// were loaded lately.
func (h *history) retire(ctx context.Context, objects *object.Store, merge *stage.Commit) {
	for _, parent := range merge.Parents {
		if before, ok := h.trees.find(parent); ok {
			tree.Retire(ctx, objects, before, merge.Tree)
		}
	}
}

// rootTrees remembers the trees of commits loaded lately, since a commit comes
// most often right behind its first parent. It is safe for concurrent use.
type rootTrees [1 << 12]atomic.Pointer[rootTree]

type rootTree struct{ commit, tree stage.Hash }

// place is where the tree of a commit stands; a later one may take it.
func (t *rootTrees) place(commit stage.Hash) *atomic.Pointer[rootTree] {
	return &t[binary.LittleEndian.Uint16(commit[:])%uint16(len(t))]
}

func (t *rootTrees) add(commit, tree stage.Hash) {
	t.place(commit).Store(&rootTree{commit, tree})
}

func (t *rootTrees) find(commit stage.Hash) (tree stage.Hash, ok bool) {
	known := t.place(commit).Load()
	if known == nil || known.commit != commit {
		return tree, false
	}
	return known.tree, true
}
