package stage_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/commitflow/commitflow/stage"
)

// BenchmarkChain measures what the core itself costs: chains of stages that do
// nothing. ns/item/stage counts the source and the sink as a stage together.
func BenchmarkChain(b *testing.B) {
	same := func(_ context.Context, i int) (int, error) { return i, nil }
	for _, stages := range []int{1, 3, 8} {
		for _, workers := range []int{1, 2, 8} {
			b.Run(fmt.Sprintf("stages=%d/workers=%d", stages, workers), func(b *testing.B) {
				b.ReportAllocs()
				p := stage.New("bench")
				s := stage.From(p, count(b.N))
				for i := range stages {
					s = stage.Map(s, fmt.Sprint(i), same, stage.Workers(workers))
				}
				stage.To(s, stage.SinkFunc[int](func(context.Context, stage.Item[int]) error { return nil }))
				if _, err := p.Run(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(stages+1), "ns/item/stage")
			})
		}
	}
}

// count emits the numbers from 0 to n-1.
func count(n int) stage.SourceFunc[int] {
	return func(_ context.Context, emit func(int) error) error {
		for i := range n {
			if err := emit(i); err != nil {
				return err
			}
		}
		return nil
	}
}
