package stage

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestACutChunkHoldsTheSameItemsAndBytes(t *testing.T) {
	w := &wire[int]{size: func(i int) int { return i }}
	whole := w.get()
	for i := range 10 {
		whole.items = append(whole.items, Item[int]{Position(i), i})
	}
	whole.bytes = 45
	head := w.cut(whole, 4)
	assert.Equal(t, []Item[int]{{0, 0}, {1, 1}, {2, 2}, {3, 3}}, head.items)
	assert.Equal(t, []Item[int]{{4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}, {9, 9}}, whole.items)
	assert.Equal(t, 6, head.bytes)
	assert.Equal(t, 39, whole.bytes)
}
