package stage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// subjects is a source of commits that are made up.
func subjects(subjects ...string) stage.Source[*stage.Commit] {
	return stage.SourceFunc[*stage.Commit](func(_ context.Context, emit func(*stage.Commit) error) error {
		for i, subject := range subjects {
			if err := emit(&stage.Commit{Position: stage.Position(i), Subject: subject}); err != nil {
				return err
			}
		}
		return nil
	})
}

// printer is a sink that prints.
func printer[T any]() stage.Sink[T] {
	return stage.SinkFunc[T](func(_ context.Context, it stage.Item[T]) error {
		fmt.Println(it.Position, it.Value)
		return nil
	})
}

// The first level: functions. Map turns an item into another, Filter leaves
// some out, FlatMap makes any number of one.
func Example_functions() {
	p := stage.New("example")
	commits := stage.From(p, subjects("net: fix a leak", "Merge branch 'net'", "mm: add a cache"))
	kept := stage.Filter(commits, "merge", func(c *stage.Commit) bool {
		return !strings.HasPrefix(c.Subject, "Merge ")
	})
	texts := stage.Map(kept, "subject", func(_ context.Context, c *stage.Commit) (string, error) {
		prefix, text, ok := strings.Cut(c.Subject, ": ")
		if !ok {
			return "", errors.New("the subject has no prefix")
		}
		return text + " in " + prefix, nil
	}, stage.Workers(4)) // in order all the same
	words := stage.FlatMap(texts, "words", func(_ context.Context, text string, emit func(string)) error {
		for word := range strings.FieldsSeq(text) {
			emit(word)
		}
		return nil
	})
	stage.To(words, printer[string]())

	report, err := p.Run(context.Background())
	fmt.Println(report.Stage("merge").Dropped, err)
	// Output:
	// 0 fix
	// 0 a
	// 0 leak
	// 0 in
	// 0 net
	// 2 add
	// 2 a
	// 2 cache
	// 2 in
	// 2 mm
	// map[merge:1] <nil>
}

// PrefixRuns replaces each run of commits with the same prefix by its length.
// It holds a run back until it knows where that ends, so it has a Flush method.
type PrefixRuns struct {
	// Longest limits the length of a run; 0 means no limit.
	Longest int

	prefix string
	length int
}

func (r *PrefixRuns) Process(_ context.Context, c *stage.Commit, emit func(string)) error {
	prefix, _, ok := strings.Cut(c.Subject, ": ")
	if !ok {
		return stage.Drop("no prefix")
	}
	if prefix != r.prefix || r.length == r.Longest {
		r.release(emit)
		r.prefix = prefix
	}
	r.length++
	return nil
}

func (r *PrefixRuns) Flush(_ context.Context, emit func(string)) error {
	r.release(emit)
	return nil
}

func (r *PrefixRuns) release(emit func(string)) {
	if r.length > 0 {
		emit(fmt.Sprintf("%d × %s", r.length, r.prefix))
	}
	r.length = 0
}

// The second level: a Processor. It has settings, may keep state from one item
// to the next, and is asked for the rest at the end.
func Example_processor() {
	p := stage.New("example")
	commits := stage.From(p, subjects("net: one", "net: two", "Merge", "net: three", "mm: one"))
	stage.To(stage.Through(commits, &PrefixRuns{Longest: 10}), printer[string]())

	report, err := p.Run(context.Background())
	fmt.Println(report.Stage("stage_test.PrefixRuns").Dropped, err)
	// Output:
	// 4 3 × net
	// 4 1 × mm
	// map[no prefix:1] <nil>
}

// The third level: a raw stage, which reads and writes the channels itself.
// This one pairs each commit with the one that comes after it.
func Example_raw() {
	p := stage.New("example")
	commits := stage.From(p, subjects("first", "second", "third"))
	pairs := stage.Raw(commits, "pairs", func(_ context.Context, in <-chan stage.Item[*stage.Commit], out chan<- stage.Item[string]) error {
		previous, ok := <-in
		for ok {
			var next stage.Item[*stage.Commit]
			if next, ok = <-in; ok {
				out <- stage.Item[string]{Position: next.Position, Value: previous.Value.Subject + ", " + next.Value.Subject}
			}
			previous = next
		}
		return nil
	})
	stage.To(pairs, printer[string]())

	_, err := p.Run(context.Background())
	fmt.Println(err)
	// Output:
	// 1 first, second
	// 2 second, third
	// <nil>
}

// Tee and Batch: one branch prints every commit, the other gathers them in twos.
func ExampleTee() {
	p := stage.New("example")
	one, other := stage.Tee(stage.From(p, subjects("first", "second", "third")))
	var single, double int
	stage.To(one, stage.SinkFunc[*stage.Commit](func(context.Context, stage.Item[*stage.Commit]) error {
		single++
		return nil
	}))
	stage.To(stage.Batch(other, 2), stage.SinkFunc[[]*stage.Commit](func(context.Context, stage.Item[[]*stage.Commit]) error {
		double++
		return nil
	}))

	_, err := p.Run(context.Background())
	fmt.Println(single, "commits,", double, "batches", err)
	// Output: 3 commits, 2 batches <nil>
}

// With OnError(Skip) a commit that fails is left out, counted and listed.
func ExampleOnError() {
	p := stage.New("example", stage.OnError(stage.Skip))
	commits := stage.From(p, subjects("first", "second", "third"))
	checked := stage.Map(commits, "check", func(_ context.Context, c *stage.Commit) (string, error) {
		if c.Subject == "second" {
			return "", errors.New("the subject is too ordinary")
		}
		return c.Subject, nil
	})
	stage.To(checked, printer[string]())

	report, err := p.Run(context.Background())
	fmt.Println(err)
	for _, failure := range report.Failures {
		fmt.Println(failure)
	}
	// Output:
	// 0 first
	// 2 third
	// <nil>
	// example: check: commit 0000000000000000000000000000000000000000 (position 1): the subject is too ordinary
}
