package stage

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

const (
	// garbagePercent takes a tenth less memory than Go's default for nearly the same
	// time: most of what a run allocates is contents of files, which cost the collector
	// little.
	garbagePercent = 75
	// memoryLimit is more than a history of 1.4 million commits takes, all but the
	// commit that brings in its tree: a patch of hundreds of megabytes, and as much
	// garbage beside it as that percentage allows.
	memoryLimit = 1280 << 20
	// garbageDivisor is for what may be garbage however much is in use: a quarter of that.
	garbageDivisor = 4
)

// LimitGarbage sets Go's garbage collector for a long run. It changes the whole
// process, so it is for a program's main to call, once; pipelines never do.
//
// Garbage may be 75 % of the memory in use, where Go's default is 100, and less where
// both together would be more than 1280 MiB, down to 25 %. A run takes a tenth less
// memory than with Go's default, and still less at a commit that brings in a large tree,
// for nearly the same time. GOGC or GOMEMLIMIT in the environment win: then nothing is
// set.
//
// restore sets it back, for programs that go on to other things.
func LimitGarbage() (restore func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	percent := debug.SetGCPercent(garbagePercent)
	restoreLimit := followUse(memoryLimit)
	return func() {
		restoreLimit()
		debug.SetGCPercent(percent)
	}
}

// followUse limits the memory that Go takes. The limit rises and falls again with what
// is found in use: Go would collect without an end below a limit that is less.
func followUse(limit int64) (restore func()) {
	w := &garbageWatch{limit: limit}
	before := debug.SetMemoryLimit(limit)
	w.await()
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.stopped = true
		debug.SetMemoryLimit(before)
	}
}

// garbageWatch sets the limit after each collection.
type garbageWatch struct {
	limit   int64
	mu      sync.Mutex
	stopped bool
}

// await has adjust called after the next collection: nobody holds what it makes.
func (w *garbageWatch) await() {
	runtime.AddCleanup(new(struct{ _ *byte }), (*garbageWatch).adjust, w)
}

func (w *garbageWatch) adjust() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	found := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(found)
	used := int64(found[0].Value.Uint64())
	debug.SetMemoryLimit(max(w.limit, used+used/garbageDivisor))
	w.await()
}
