package object

import (
	"context"
	"sync"

	"github.com/commitflow/commitflow/stage"
)

// longestChain is the most deltas between an object and the whole object it
// comes from: git-repack(1) makes none longer. It also ends cycles, which
// reference deltas can form.
const longestChain = 4095

// link is a delta on the way from an object to its base.
type link struct {
	offset uint64
	entry  entry
}

// scratch is what reading an object needs besides the result; it never escapes
// and is used again.
type scratch struct {
	inflater inflater
	chain    []link
	delta    []byte
	spare    [][]byte // for contents that nobody keeps
	pieces   []byte   // of packs
}

// keptBuffer is the largest buffer that is kept for the next object.
const keptBuffer = 1 << 20

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (w *scratch) release() {
	clear(w.chain) // it holds parts of the mapped pack
	w.chain, w.pieces = w.chain[:0], w.pieces[:0]
	if cap(w.delta) > keptBuffer {
		w.delta = nil
	}
	scratches.Put(w)
}

// lend gives memory for n bytes, with anything in them, until it is given back.
func (w *scratch) lend(n int) []byte {
	if last := len(w.spare) - 1; last >= 0 {
		buffer := w.spare[last]
		w.spare = w.spare[:last]
		if cap(buffer) >= n {
			return buffer[:n]
		}
	}
	return uncleared(n + n/4)[:n]
}

// giveBack takes what lend gave.
func (w *scratch) giveBack(buffer []byte) {
	if cap(buffer) <= keptBuffer {
		w.spare = append(w.spare, buffer)
	}
}

// inflateDelta gives the instructions of a delta; they are valid until the
// next call.
func (w *scratch) inflateDelta(e *entry, limit uint64) ([]byte, error) {
	if e.size > limit {
		return nil, ErrTooLarge
	}
	if uint64(cap(w.delta)) < e.size {
		w.delta = make([]byte, e.size, e.size+e.size/4)
	}
	w.delta = w.delta[:e.size]
	return w.delta, w.inflate(w.delta, e)
}

// inflate decompresses an entry.
func (w *scratch) inflate(dst []byte, e *entry) error {
	if e.pack != nil && w.inflater.quick.inflate(dst, e.body) {
		return nil
	}
	return w.inflater.inflate(dst, e.rest())
}

// readPacked gives the object with the id, which lies at an offset of a pack.
// It goes down the chain of deltas to the first base that is in the cache, or
// whole, and then up again applying them. Each object on the way goes into the
// cache, where deltas lead backwards: the next version of a file is most often a
// neighbour in the same chain. Where they lead onwards, it is made in memory that is
// used again two deltas later.
func (s *Store) readPacked(ctx context.Context, p *pack, offset uint64, id *stage.Hash) (Type, []byte, error) {
	if typ, content, _, ok := s.cache.get(packed(p.number, offset), id); ok {
		return typ, content, s.allow(content)
	}
	w := scratches.Get().(*scratch)
	defer w.release()
	typ, content, depth, kept, err := s.readBase(p, offset, id, w)
	if err != nil {
		return 0, nil, err
	}
	for i := len(w.chain) - 1; i >= 0; i-- {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		at := packed(p.number, w.chain[i].offset)
		limit, made, keeps := s.baseLimit, (*stage.Hash)(nil), false
		if i == 0 {
			limit, made, keeps = s.limit, id, true
		} else {
			keeps = s.cache.keepsBase(at, false)
		}
		delta, err := w.inflateDelta(&w.chain[i].entry, s.baseLimit)
		if err != nil {
			return 0, nil, err
		}
		room := uncleared
		if !keeps {
			room = w.lend
		}
		next, err := applyDelta(content, delta, limit, room)
		if err != nil {
			return 0, nil, err
		}
		if !kept {
			w.giveBack(content)
		}
		content, kept = next, keeps
		if keeps {
			content = s.cache.put(at, made, typ, content, depth+len(w.chain)-i)
		}
	}
	return typ, content, nil
}

// allow refuses an object over the limit that is in the cache as a base.
func (s *Store) allow(content []byte) error {
	if uint64(len(content)) > s.limit {
		return ErrTooLarge
	}
	return nil
}

// readBase notes the deltas from an offset down in w.chain, and gives the
// object that the last of them applies to, and how deep that is. It is the one with the
// id if there are none. What is not kept is in memory that w lends.
func (s *Store) readBase(p *pack, offset uint64, id *stage.Hash, w *scratch) (typ Type, content []byte, depth int, kept bool, err error) {
	e, err := w.entry(p, offset)
	for err == nil && e.isDelta() {
		if len(w.chain) == longestChain {
			return 0, nil, 0, false, corrupt("chain of more than %d deltas", longestChain)
		}
		w.chain = append(w.chain, link{offset, e})
		offset = e.base
		if typ, content, depth, ok := s.cache.get(packed(p.number, offset), nil); ok {
			return typ, content, depth, true, nil
		}
		e, err = w.entry(p, offset)
	}
	if err != nil {
		return 0, nil, 0, false, err
	}
	at, limit, room := packed(p.number, offset), s.limit, uncleared
	kept = true
	if len(w.chain) > 0 {
		limit, id = s.baseLimit, nil
		if kept = s.cache.keepsBase(at, true); !kept {
			room = w.lend
		}
	}
	if e.size > limit {
		return 0, nil, 0, false, ErrTooLarge
	}
	content = room(int(e.size))
	if err := w.inflate(content, &e); err != nil {
		return 0, nil, 0, false, err
	}
	typ = Type(e.kind)
	if kept {
		content = s.cache.put(at, id, typ, content, 0)
	}
	return typ, content, 0, kept, nil
}

// statPacked gives the type and size of the object at an offset of a pack. For
// a delta the size stands in its first bytes and the type at the end of its
// chain, so that very little is inflated.
func (s *Store) statPacked(p *pack, offset uint64) (Type, int64, error) {
	if typ, size, ok := s.cache.stat(packed(p.number, offset)); ok {
		return typ, size, nil
	}
	w := scratches.Get().(*scratch)
	defer w.release()
	e, err := w.entry(p, offset)
	if err != nil {
		return 0, 0, err
	}
	size := e.size
	if e.isDelta() {
		if size, err = w.resultSize(&e); err != nil {
			return 0, 0, err
		}
	}
	for depth := 0; e.isDelta(); depth++ {
		if depth == longestChain {
			return 0, 0, corrupt("chain of more than %d deltas", longestChain)
		}
		w.pieces = w.pieces[:0]
		if e, err = w.entry(p, e.base); err != nil {
			return 0, 0, err
		}
	}
	return Type(e.kind), int64(size), nil
}

// resultSize reads the size of a delta's result from its first bytes.
func (w *scratch) resultSize(e *entry) (uint64, error) {
	var sizes [20]byte
	n, err := w.inflater.prefix(sizes[:], e.body[:min(len(e.body), prefixInput)])
	if err != nil {
		return 0, err
	}
	_, rest, ok := deltaSize(sizes[:n])
	if ok {
		var size uint64
		if size, _, ok = deltaSize(rest); ok && int64(size) >= 0 {
			return size, nil
		}
	}
	return 0, corrupt("delta without the size of its result")
}
