package stage_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// logged is a source, a processor and a sink that logs how it is called.
type logged struct {
	name     string
	log      *[]string
	openErr  error
	closeErr error
}

func (l *logged) note(what string) { *l.log = append(*l.log, what+" "+l.name) }

func (l *logged) Open(context.Context) error {
	l.note("open")
	return l.openErr
}

func (l *logged) Close() error {
	l.note("close")
	return l.closeErr
}

func (l *logged) Read(_ context.Context, emit func(int) error) error { return emit(1) }

func (l *logged) Process(_ context.Context, i int, emit func(int)) error {
	emit(i)
	return nil
}

func (l *logged) Write(context.Context, stage.Item[int]) error { return nil }

func (l *logged) Finish(context.Context) error {
	l.note("finish")
	return nil
}

func lifecycle(log *[]string) (p *stage.Pipeline, source, processor, one, two *logged) {
	source, processor = &logged{name: "source", log: log}, &logged{name: "processor", log: log}
	one, two = &logged{name: "sink 1", log: log}, &logged{name: "sink 2", log: log}
	p = stage.New("test")
	first, second := stage.Tee(stage.Through(stage.From(p, source), processor))
	stage.To(first, one)
	stage.To(second, two)
	return p, source, processor, one, two
}

func TestPartsAreOpenedDownstreamAndClosedUpstream(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log []string
		p, _, _, _, _ := lifecycle(&log)
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{
			"open source", "open processor", "open sink 1", "open sink 2",
			"finish sink 1", "finish sink 2",
			"close sink 2", "close sink 1", "close processor", "close source",
		}, log)
	})
}

func TestAFailedOpenEndsTheRunBeforeItBegan(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log []string
		p, _, processor, _, _ := lifecycle(&log)
		processor.openErr = errBad
		_, err := p.Run(t.Context())
		require.ErrorIs(t, err, errBad)
		assert.Equal(t, []string{"open source", "open processor", "close processor", "close source"}, log)
	})
}

func TestErrorsOfCloseAreJoined(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log []string
		p, source, _, one, two := lifecycle(&log)
		errOne, errTwo, errSource := errors.New("one"), errors.New("two"), errors.New("source")
		one.closeErr, two.closeErr, source.closeErr = errOne, errTwo, errSource
		_, err := p.Run(t.Context())
		require.ErrorIs(t, err, errOne)
		require.ErrorIs(t, err, errTwo)
		require.ErrorIs(t, err, errSource)
		assert.Contains(t, log, "finish sink 2")
	})
}

func TestNoSinkIsFinishedWhenAnotherBranchFails(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := stage.New("test")
		first, second := stage.Tee(stage.From(p, count(1000)))
		var sound collector[int]
		stage.To(first, &sound)
		stage.To(stage.Map(second, "check", failAt(999)), discard[int]())
		_, err := p.Run(t.Context())
		require.ErrorIs(t, err, errBad)
		assert.False(t, sound.finished)
	})
}
