package tree_test

import (
	"context"
	"crypto/sha1"
	"fmt"

	"github.com/commitflow/commitflow/stage"
)

// memory holds trees that git would refuse to make, or that are quicker made
// here.
type memory map[stage.Hash][]byte

func (m memory) Tree(_ context.Context, id stage.Hash) ([]byte, error) {
	data, ok := m[id]
	if !ok {
		return nil, fmt.Errorf("object %s: %w", id, stage.ErrMissing)
	}
	return data, nil
}

// put adds a tree and gives its id.
func (m memory) put(data []byte) stage.Hash {
	id := stage.Hash(sha1.Sum(fmt.Appendf(nil, "tree %d\x00%s", len(data), data)))
	m[id] = data
	return id
}

// appendEntry appends an entry to a tree's bytes.
func appendEntry(data []byte, mode, name string, id stage.Hash) []byte {
	return append(fmt.Appendf(data, "%s %s\x00", mode, name), id[:]...)
}
