package tree

import (
	"fmt"

	"github.com/commitflow/commitflow/stage"
)

// List calls each for the entries of a tree, whose content data is, in the order
// of the tree. A name is valid during the call only.
func List(id stage.Hash, data []byte, each func(name []byte, mode stage.FileMode, id stage.Hash)) error {
	for len(data) > 0 {
		e, size, err := parseEntry(data)
		if err != nil {
			return fmt.Errorf("tree %s: %w", id, err)
		}
		each(e.name, e.mode, stage.Hash(e.id))
		data = data[size:]
	}
	return nil
}
