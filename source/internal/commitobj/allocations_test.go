//go:build !race

package commitobj

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/commitflow/commitflow/stage"
)

// The race detector allocates, too.
func TestAllocations(t *testing.T) {
	raw := []byte(typical)
	var c stage.Commit
	assert.Equal(t, 3.0, testing.AllocsPerRun(100, func() {
		if err := Parse(&c, raw); err != nil {
			t.Fatal(err)
		}
	}), "the text, the parents and the trailers")
	assert.Zero(t, testing.AllocsPerRun(100, func() { Message(raw) }))
}
