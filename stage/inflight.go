package stage

import (
	"context"
	"reflect"
	"sync"
	"time"
)

// inflight counts what is on its way through the pipeline and holds the sources
// back while that is too much. It gates nothing but sources, and these only
// while something is on its way and so will make room by itself: it can neither
// deadlock nor refuse an item that is larger than the limit.
type inflight struct {
	limit int // in bytes; 0 means none

	mu    sync.Mutex
	bytes int
	peak  int
	freed chan struct{} // closed when there is room again; nil if nobody waits
}

func (f *inflight) hasRoom() bool {
	return f.limit == 0 || f.bytes < f.limit
}

// admit waits until there is room and counts the newcomers.
func (f *inflight) admit(ctx context.Context, bytes int, t *tally) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.hasRoom() {
		if f.freed == nil {
			f.freed = make(chan struct{})
		}
		if err := f.wait(ctx, f.freed, t); err != nil {
			return err
		}
	}
	f.add(bytes)
	return nil
}

// wait gives up the lock while it waits.
func (f *inflight) wait(ctx context.Context, freed <-chan struct{}, t *tally) error {
	f.mu.Unlock()
	defer f.mu.Lock()
	defer t.since(&t.blocked, time.Now())
	select {
	case <-freed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// change counts bytes that a stage added or, if negative, took away.
func (f *inflight) change(bytes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.add(bytes)
	if f.freed != nil && f.hasRoom() {
		close(f.freed)
		f.freed = nil
	}
}

func (f *inflight) add(bytes int) {
	f.bytes += bytes
	f.peak = max(f.peak, f.bytes)
}

// sizer is implemented by items that know how many bytes of memory they hold.
type sizer interface{ Size() int }

// sizeOf gives the function that measures a T, or nil if a T has no size.
func sizeOf[T any]() func(T) int {
	switch t := reflect.TypeFor[T](); {
	case t.Kind() == reflect.Interface:
		return func(v T) int {
			if s, ok := any(v).(sizer); ok {
				return s.Size()
			}
			return 0
		}
	case t.Implements(reflect.TypeFor[sizer]()):
		return func(v T) int { return any(v).(sizer).Size() }
	default:
		return nil
	}
}
