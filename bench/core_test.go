package bench

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// BenchmarkCore measures what the dataflow itself costs: chains of stages that
// do nothing. ns/item/stage is wall time; source and sink count as a stage
// together. There are no bytes to count.
func BenchmarkCore(b *testing.B) {
	for _, stages := range []int{1, 4, 8} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("stages=%d/workers=%d", stages, workers), func(b *testing.B) {
				b.ReportAllocs()
				before := mallocs()
				chain(b, stages, workers, b.N)
				each := float64(b.N) * float64(stages+1)
				b.ReportMetric(float64(mallocs()-before)/each, "allocs/item/stage")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/each, "ns/item/stage")
			})
		}
	}
}

// chain sends numbers through stages that pass them on.
func chain(b *testing.B, stages, workers, items int) {
	b.Helper()
	same := func(_ context.Context, i int) (int, error) { return i, nil }
	p := stage.New("chain")
	s := stage.From(p, stage.SourceFunc[int](func(_ context.Context, emit func(int) error) error {
		for i := range items {
			if err := emit(i); err != nil {
				return err
			}
		}
		return nil
	}))
	for i := range stages {
		s = stage.Map(s, fmt.Sprint(i), same, stage.Workers(workers))
	}
	stage.To(s, stage.SinkFunc[int](func(context.Context, stage.Item[int]) error { return nil }))
	_, err := p.Run(b.Context())
	require.NoError(b, err)
}
