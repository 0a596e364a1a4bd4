package stage_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/conc/panics"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

var errBad = errors.New("bad item")

func failAt(bad ...int) func(context.Context, int) (int, error) {
	return func(_ context.Context, i int) (int, error) {
		dither()
		if slices.Contains(bad, i) {
			return 0, errBad
		}
		return i, nil
	}
}

func TestTheFirstFailureStopsTheRun(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		p := stage.New("linux")
		var got collector[int]
		stage.To(stage.Map(stage.From(p, count(1000)), "check", failAt(500), m.options()...), &got)
		report, err := p.Run(t.Context())
		require.ErrorIs(t, err, errBad)
		var failure *stage.Error
		require.ErrorAs(t, err, &failure)
		assert.Equal(t, "linux", failure.Pipeline)
		assert.Equal(t, "check", failure.Stage)
		assert.EqualValues(t, 500, failure.Item.Position)
		assert.EqualError(t, err, "linux: check: item at position 500: bad item")
		assert.False(t, got.finished, "a sink is not finished after a failure")
		requireBalanced(t, report)
		assert.EqualValues(t, 1, report.Stage("check").Failed())
		assert.Equal(t, []*stage.Error{failure}, report.Failures)
		if !m.unordered {
			require.Equal(t, numbers(len(got.items)), got.values(), "what was written is a beginning of the stream")
		}
	})
}

func TestFailuresCanBeSkippedAndAreListed(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		p := stage.New("test", stage.OnError(stage.Skip))
		var got collector[int]
		stage.To(stage.Map(stage.From(p, count(100)), "check", failAt(3, 50, 99), m.options()...), &got)
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireComplete(t, report)
		require.Len(t, got.items, 97)
		require.True(t, got.finished)
		assert.EqualValues(t, 3, report.Failed)
		require.Len(t, report.Failures, 3)
		for i, position := range []stage.Position{3, 50, 99} {
			assert.Equal(t, position, report.Failures[i].Item.Position)
			assert.ErrorIs(t, report.Failures[i], errBad)
		}
	})
}

func TestAReportListsOnlySoManyFailuresAndCountsAll(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("test", stage.OnError(stage.Skip))
		stage.To(stage.Map(stage.From(p, count(1234)), "check", func(context.Context, int) (int, error) { return 0, errBad }), discard[int]())
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		assert.Len(t, report.Failures, 100)
		assert.EqualValues(t, 1234, report.Failed)
		assert.Contains(t, report.String(), "… and 1,134 more failed")
	})
}

func TestWhatAFailedItemHasEmittedIsDiscarded(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		p := stage.New("test", stage.OnError(stage.Skip))
		s := stage.FlatMap(stage.From(p, count(30)), "split", func(_ context.Context, i int, emit func(int)) error {
			dither()
			for range 900 {
				emit(i)
			}
			switch i % 3 {
			case 0:
				return fmt.Errorf("not wanted: %w", stage.Drop("third"))
			case 1:
				panic("half way")
			}
			return nil
		}, m.options()...)
		seen := make(map[int]int)
		stage.To(s, stage.SinkFunc[int](func(_ context.Context, it stage.Item[int]) error {
			seen[it.Value]++
			return nil
		}))
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		requireComplete(t, report)
		assert.Len(t, seen, 10)
		for i, n := range seen {
			assert.Equal(t, 2, i%3)
			assert.Equal(t, 900, n)
		}
		assert.Equal(t, map[string]uint64{"third": 10, stage.ReasonFailed: 10}, report.Stage("split").Dropped)
	})
}

func TestAnItemThatFailsAfterPartOfItIsGoneEndsTheRun(t *testing.T) {
	for name, failure := range map[string]error{"failure": errBad, "drop": stage.Drop("late")} {
		t.Run(name, func(t *testing.T) {
			inEachMode(t, func(t *testing.T, m mode) {
				p := stage.New("test", stage.OnError(stage.Skip))
				s := stage.FlatMap(stage.From(p, count(3)), "split", func(_ context.Context, i int, emit func(int)) error {
					for range 5000 {
						emit(i)
					}
					return failure
				}, m.options()...)
				stage.To(s, discard[int]())
				report, err := p.Run(t.Context())
				require.ErrorIs(t, err, failure)
				require.ErrorContains(t, err, "cannot be left out")
				requireBalanced(t, report)
			})
		})
	}
}

func TestErrorsNameTheItem(t *testing.T) {
	hash, err := stage.ParseHash(strings.Repeat("0123456789", 4))
	require.NoError(t, err)
	inBubble(t, func(t *testing.T) {
		assert.Equal(t, "p: s: commit 0123456789012345678901234567890123456789 (position 0): bad item", failWith(t, &stage.Commit{Hash: hash}))
		assert.Equal(t, "p: s: book C (position 0): bad item", failWith(t, &book{shelf: 2}))
		assert.Equal(t, "p: s: item at position 0: bad item", failWith(t, "text"))
		assert.Equal(t, "p: s: item at position 0: bad item", failWith(t, shy{}), "an Identity that panics")
	})
}

// shy items do not tell who they are.
type shy struct{}

func (shy) Identity() string { panic("not telling") }

func failWith[T any](t *testing.T, item T) string {
	p := stage.New("p")
	s := stage.From(p, stage.SourceFunc[T](func(_ context.Context, emit func(T) error) error { return emit(item) }))
	stage.To(stage.Map(s, "s", func(context.Context, T) (T, error) { return item, errBad }), discard[T]())
	_, err := p.Run(t.Context())
	require.Error(t, err)
	return err.Error()
}

// trouble is a source, processor and sink that calls a function wherever it is
// called itself.
type trouble struct {
	at   string
	make func() error
}

func (x trouble) when(at string) error {
	if x.at == at {
		return x.make()
	}
	return nil
}

type (
	troubleSource    struct{ trouble }
	troubleProcessor struct{ trouble }
	troubleSink      struct{ trouble }
	troubleEncoder   struct{ trouble }
)

func (s troubleSource) Open(context.Context) error { return s.when("source open") }
func (s troubleSource) Close() error               { return s.when("source close") }
func (s troubleSource) Total() int {
	if err := s.when("source total"); err != nil {
		panic(err) // Total has no error to return
	}
	return 100
}

func (s troubleSource) Read(_ context.Context, emit func(int) error) error {
	for i := range 100 {
		if err := emit(i); err != nil {
			return err
		}
	}
	return s.when("source read")
}

func (s troubleSource) Load(_ context.Context, i int) error {
	if i == 50 {
		return s.when("source load")
	}
	return nil
}

func (s troubleProcessor) Open(context.Context) error { return s.when("processor open") }
func (s troubleProcessor) Close() error               { return s.when("processor close") }

func (s troubleProcessor) Process(_ context.Context, i int, emit func(int)) error {
	emit(i)
	if i == 50 {
		return s.when("processor process")
	}
	return nil
}

func (s troubleProcessor) Flush(context.Context, func(int)) error { return s.when("processor flush") }

func (s troubleSink) Open(context.Context) error   { return s.when("sink open") }
func (s troubleSink) Close() error                 { return s.when("sink close") }
func (s troubleSink) Finish(context.Context) error { return s.when("sink finish") }

func (s troubleSink) Write(_ context.Context, it stage.Item[int]) error {
	if it.Position == 50 {
		return s.when("sink write")
	}
	return nil
}

func (s troubleEncoder) Write(context.Context, stage.Item[int]) error { panic("never called") }
func (s troubleEncoder) Finish(context.Context) error                 { return s.when("encoder finish") }

func (s troubleEncoder) Encode(dst []byte, i int) ([]byte, error) {
	if i == 50 {
		return dst, s.when("encoder encode")
	}
	return append(dst, byte(i)), nil
}

func (s troubleEncoder) WriteEncoded(_ context.Context, at stage.Position, _ []byte) error {
	if at == 50 {
		return s.when("encoder write")
	}
	return nil
}

// troubled builds a pipeline of all kinds of stages that is in trouble at one
// place.
func troubled(x trouble) *stage.Pipeline {
	p := stage.New("test", stage.OnError(stage.Stop), stage.WithProgress(time.Hour, func(stage.Progress) {
		if err := x.when("progress"); err != nil {
			panic(err)
		}
	}))
	s := stage.From(p, troubleSource{x}, stage.Workers(2), stage.Named("source"))
	s = stage.Through(s, troubleProcessor{x}, stage.Named("processor"))
	s = stage.Map(s, "map", func(_ context.Context, i int) (int, error) {
		if i == 50 {
			return i, x.when("map")
		}
		return i, nil
	}, stage.Workers(2))
	s = stage.Filter(s, "filter", func(i int) bool {
		if i == 50 {
			if err := x.when("filter"); err != nil {
				panic(err) // a filter has no error to return
			}
		}
		return true
	}, stage.Workers(2))
	s = stage.FlatMap(s, "flatmap", func(_ context.Context, i int, emit func(int)) error {
		emit(i)
		if i == 50 {
			return x.when("flatmap")
		}
		return nil
	}, stage.Workers(2))
	s = stage.Raw(s, "raw", func(_ context.Context, in <-chan stage.Item[int], out chan<- stage.Item[int]) error {
		for it := range in {
			if it.Position == 50 {
				if err := x.when("raw"); err != nil {
					return err
				}
			}
			out <- it
		}
		return nil
	})
	first, second := stage.Tee(s)
	stage.To(first, troubleSink{x}, stage.Named("sink"))
	stage.To(second, troubleEncoder{x}, stage.Named("encoder"), stage.Workers(2))
	return p
}

var troubleSpots = []string{
	"source open", "source read", "source load", "source total", "source close",
	"processor open", "processor process", "processor flush", "processor close",
	"map", "filter", "flatmap", "raw",
	"sink open", "sink write", "sink finish", "sink close",
	"encoder encode", "encoder write", "encoder finish",
	"progress",
}

func TestTroubleAnywhereIsAnErrorThatNamesThePlace(t *testing.T) {
	for _, at := range troubleSpots {
		name, _, _ := strings.Cut(at, " ")
		t.Run(at, func(t *testing.T) {
			t.Run("error", func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					report, err := troubled(trouble{at, func() error { return errBad }}).Run(t.Context())
					var failure *stage.Error
					require.ErrorAs(t, err, &failure)
					assert.Equal(t, name, failure.Stage)
					requireBalanced(t, report)
				})
			})
			t.Run("panic", func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					report, err := troubled(trouble{at, func() error { panic(errBad) }}).Run(t.Context())
					var failure *stage.Error
					require.ErrorAs(t, err, &failure)
					assert.Equal(t, name, failure.Stage)
					require.ErrorIs(t, err, errBad, "the value of the panic is the cause")
					var recovered *panics.ErrRecovered
					require.ErrorAs(t, err, &recovered)
					assert.Contains(t, string(recovered.Stack), "failure_test.go", "the stack leads to the culprit")
					requireBalanced(t, report)
				})
			})
		})
	}
}

func TestAStageThatEndsItsGoroutineEndsTheRun(t *testing.T) {
	for _, at := range []string{"source read", "source load", "processor process", "processor flush", "map", "raw", "sink write", "encoder encode"} {
		t.Run(at, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				_, err := troubled(trouble{at, func() error { runtime.Goexit(); return nil }}).Run(t.Context())
				require.ErrorContains(t, err, "runtime.Goexit")
			})
		})
	}
}

func TestCancellationIsPromptWhereverTheRunIs(t *testing.T) {
	errEnough := errors.New("that is enough")
	for _, at := range troubleSpots {
		if strings.HasSuffix(at, "close") || at == "source total" || at == "progress" {
			continue // have no ctx, and take no time
		}
		t.Run(at, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				p := troubled(trouble{at, func() error {
					cancel(errEnough)
					<-ctx.Done()
					return context.Cause(ctx)
				}})
				began := time.Now()
				report, err := p.Run(ctx)
				require.ErrorIs(t, err, errEnough)
				assert.Zero(t, time.Since(began))
				assert.Zero(t, report.Failed, "a cancelled item has not failed")
				requireBalanced(t, report)
			})
		})
	}
}

func TestCancellationWhileEverybodyWaits(t *testing.T) {
	inEachMode(t, func(t *testing.T, m mode) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p := stage.New("test")
		s := stage.FlatMap(stage.From(p, count(100_000)), "explode", func(_ context.Context, i int, emit func(int)) error {
			for range 3000 {
				emit(i)
			}
			return nil
		}, m.options()...)
		s = stage.Map(s, "same", identity, m.options()...)
		s = stage.Raw(s, "raw", func(_ context.Context, in <-chan stage.Item[int], out chan<- stage.Item[int]) error {
			for it := range in {
				out <- it
			}
			return nil
		})
		first, second := stage.Tee(s)
		stage.To(first, discard[int]())
		stage.To(second, stage.SinkFunc[int](func(ctx context.Context, _ stage.Item[int]) error {
			<-ctx.Done()
			return ctx.Err()
		}))
		began := time.Now()
		report, err := p.Run(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Minute, time.Since(began))
		requireBalanced(t, report)
	})
}

func TestARunThatIsCancelledBeforehandOpensNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var log []string
		p := stage.New("test")
		stage.To(stage.From(p, &logged{name: "source", log: &log}), &logged{name: "sink", log: &log})
		_, err := p.Run(ctx)
		require.ErrorIs(t, err, context.Canceled)
		assert.Empty(t, log)
	})
}
