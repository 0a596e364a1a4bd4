package stage_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

func TestMistakesInTheWiringAreErrorsBeforeAnyWork(t *testing.T) {
	read := false
	source := stage.SourceFunc[int](func(context.Context, func(int) error) error {
		read = true
		return nil
	})
	begin := func(options ...stage.Option) (*stage.Pipeline, stage.Stream[int]) {
		p := stage.New("p", options...)
		return p, stage.From[int](p, source)
	}
	for name, c := range map[string]struct {
		wire func() *stage.Pipeline
		want string
	}{
		"nothing": {
			func() *stage.Pipeline { return stage.New("p") },
			"p: the pipeline is empty: begin with From",
		},
		"a stream without a taker": {
			func() *stage.Pipeline {
				p, s := begin()
				stage.Map(s, "same", identity)
				return p
			},
			"p: nothing takes what same makes: end the stream with To",
		},
		"half a Tee": {
			func() *stage.Pipeline {
				p, s := begin()
				first, _ := stage.Tee(s)
				stage.To(first, discard[int]())
				return p
			},
			"p: nothing takes what Tee makes: end the stream with To",
		},
		"a stream with two takers": {
			func() *stage.Pipeline {
				p, s := begin()
				stage.To(s, discard[int](), stage.Named("one"))
				stage.To(s, discard[int](), stage.Named("two"))
				return p
			},
			"p: what SourceFunc makes goes to one and to two: split the stream with Tee",
		},
		"a parallel Flusher": {
			func() *stage.Pipeline {
				p, s := begin()
				stage.To(stage.Through(s, &sums{}, stage.Workers(2), stage.Named("sums")), discard[int]())
				return p
			},
			"p: sums: Workers: a processor with a Flush method needs the items one by one, in order",
		},
		"a Flusher after an unordered stage": {
			func() *stage.Pipeline {
				p, s := begin()
				s = stage.Filter(stage.Map(s, "same", identity, stage.Workers(2), stage.Unordered()), "all", func(int) bool { return true })
				stage.To(stage.Through(s, &sums{}, stage.Named("sums")), discard[int]())
				return p
			},
			"p: sums: a processor with a Flush method cannot come after an Unordered stage",
		},
		"a parallel source that loads nothing": {
			func() *stage.Pipeline {
				p := stage.New("p")
				stage.To(stage.From[int](p, source, stage.Workers(2)), discard[int]())
				return p
			},
			"p: SourceFunc: Workers: the source is read on one goroutine, as it is not a Loader",
		},
		"chunks for a source that loads nothing": {
			func() *stage.Pipeline {
				p := stage.New("p")
				stage.To(stage.From[int](p, source, stage.Chunk(2)), discard[int]())
				return p
			},
			"p: SourceFunc: Chunk: the source takes no items, as it is not a Loader: set it on the next stage",
		},
		"a parallel sink that encodes nothing": {
			func() *stage.Pipeline {
				p, s := begin()
				stage.To(s, discard[int](), stage.Workers(0), stage.Named("out"))
				return p
			},
			"p: out: Workers: the sink is written to on one goroutine, as it is not an EncodingSink",
		},
		"settings out of range": {
			func() *stage.Pipeline {
				p, s := begin(stage.OnError(7), stage.WithBytesInFlight(-1), stage.WithChunk(0), stage.WithProgress(time.Second, nil))
				stage.To(stage.Batch(stage.Map(s, "same", identity, stage.Workers(-1), stage.Chunk(0)), 0), discard[[]int]())
				return p
			},
			"p: OnError(7): want Stop or Skip\n" +
				"p: WithBytesInFlight(-1): want bytes, or 0 for no limit\n" +
				"p: WithChunk(0): want at least 1\n" +
				"p: WithProgress: the function is nil\n" +
				"p: same: Workers(-1): want a number of goroutines, or 0 for one per CPU\n" +
				"p: same: Chunk(0): want at least 1\n" +
				"p: Batch: batches of 0 items: want at least 1",
		},
		"nothing where something is needed": {
			func() *stage.Pipeline {
				p := stage.New("p")
				s := stage.Map[int, int](stage.From[int](p, nil), "map", nil)
				stage.To(stage.Through[int, int](s, nil), nil)
				return p
			},
			"p: source: From: the source is nil\np: map: Map: the function is nil\np: processor: Through: the processor is nil\np: sink: To: the sink is nil",
		},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := c.wire().Run(t.Context())
			require.EqualError(t, err, c.want)
			require.NotNil(t, report)
			assert.False(t, read)
		})
	}
}

func TestAPipelineRunsOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("p")
		var got collector[int]
		stage.To(stage.From(p, count(10)), &got)
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		_, err = p.Run(t.Context())
		require.EqualError(t, err, "p: a pipeline runs only once: build a new one")
		assert.Len(t, got.items, 10)
	})
}

func TestStagesOfTheSameNameAreNumbered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("p")
		s := stage.From(p, count(10))
		for range 3 {
			s = stage.Map(s, "same", identity)
		}
		stage.To(stage.Through(s, &sums{}), &collector[int]{})
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		var names []string
		for _, s := range report.Stages {
			names = append(names, s.Name)
		}
		assert.Equal(t, []string{"SourceFunc", "same", "same 2", "same 3", "stage_test.sums", "stage_test.collector"}, names)
	})
}

func TestAPipelineMayHaveSeveralSources(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("p")
		var one, two collector[int]
		stage.To(stage.From(p, count(10)), &one)
		stage.To(stage.From(p, count(1000)), &two)
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		assert.Len(t, one.items, 10)
		assert.Len(t, two.items, 1000)
		requireBalanced(t, report)
	})
}
