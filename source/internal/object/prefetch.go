package object

import (
	"runtime"
	"runtime/debug"

	"github.com/commitflow/commitflow/stage"
)

// prefetched is how many objects are looked for side by side: more than a
// processor can wait for at a time, and few enough to stay in its first cache.
const prefetched = 32

// Prefetch is told which objects will be asked for next. To find one in a large
// pack is to wait for memory five times, one after the other: for the cache's table
// of names, the index's table of groups, the ids, the offset, and the pack. Prefetch
// takes each of these steps for many objects at once, so that the processor waits for
// all of them together, and what Get reads afterwards is at hand. It reads no object
// and remembers nothing.
func (s *Store) Prefetch(ids []stage.Hash) {
	s.use.RLock()
	defer s.use.RUnlock()
	p := s.recent.Load()
	if s.closed || p == nil {
		return
	}
	var fault error // will be met, and told, by who reads the object
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recoverFault(&fault)
	for len(ids) > 0 {
		n := min(len(ids), prefetched)
		s.prefetch(p, ids[:n])
		ids = ids[n:]
	}
}

// prefetch looks for up to prefetched objects in a pack.
func (s *Store) prefetch(p *pack, ids []stage.Hash) {
	var wanted [prefetched]*stage.Hash
	n := 0
	for i := range ids {
		if s.cache.name(&ids[i]).Load() == 0 { // not in the cache, as far as known
			wanted[n] = &ids[i]
			n++
		}
	}
	var numbers [prefetched]int
	for k, id := range wanted[:n] {
		numbers[k] = p.index.groupStart(id)
	}
	read := byte(0)
	for _, number := range numbers[:n] {
		read += p.index.visit(number)
	}
	var offsets [prefetched]uint64
	for k, id := range wanted[:n] {
		offsets[k], _, _ = p.index.find(id) // 0 is as good as any
	}
	for _, offset := range offsets[:n] {
		if offset < uint64(len(p.data)) && p.file == nil {
			p.mappedPack.touch(offset)
			read += p.data[offset]
		}
	}
	runtime.KeepAlive(read)
}
