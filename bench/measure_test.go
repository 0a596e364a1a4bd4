package bench

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// amount is what one pass of a layer's benchmark works on.
type amount struct {
	items int
	unit  string // what an item is: "commit"
	bytes int
}

// measure runs passes over the same input, and reports bytes, items and
// allocations. A pass makes a layer do its work on all items once; the first
// one is not measured, as it finds caches empty.
func measure(b *testing.B, per amount, pass func()) {
	b.Helper()
	require.NotZero(b, per.items, "nothing to measure in this history")
	b.ReportAllocs()
	b.SetBytes(int64(per.bytes))
	pass()
	before := mallocs()
	for b.Loop() {
		pass()
	}
	items := float64(per.items) * float64(b.N)
	b.ReportMetric(float64(mallocs()-before)/items, "allocs/"+per.unit)
	b.ReportMetric(items/b.Elapsed().Seconds(), per.unit+"s/s")
}

func mallocs() uint64 {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.Mallocs
}

func TestMeasureCountsPerItem(t *testing.T) {
	var sink [4]*int
	out := testing.Benchmark(func(b *testing.B) {
		measure(b, amount{items: 4, unit: "commit", bytes: 100}, func() {
			for i := range sink {
				sink[i] = new(int)
			}
		})
	})
	assert.InDelta(t, 1, out.Extra["allocs/commit"], 0.1)
	assert.InEpsilon(t, 4*float64(out.N)/out.T.Seconds(), out.Extra["commits/s"], 0.01)
	assert.Equal(t, int64(100), out.Bytes)
}
