//go:build !race

package stage_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/commitflow/commitflow/stage"
)

// The race detector allocates, too.
func TestSetMessageAllocatesOnce(t *testing.T) {
	var c stage.Commit
	allocations := testing.AllocsPerRun(100, func() { c.SetMessage(typicalMessage) })
	assert.Equal(t, 1.0, allocations, "the list of trailers, and no text")
}
