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
}

// keptDelta is the largest buffer for deltas that is kept for the next object.
const keptDelta = 1 << 20

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (w *scratch) release() {
	clear(w.chain) // it holds parts of the mapped pack
	w.chain = w.chain[:0]
	if cap(w.delta) > keptDelta {
		w.delta = nil
	}
	scratches.Put(w)
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
	return w.delta, w.inflater.inflate(w.delta, e.body)
}

// readPacked gives the object with the id, which lies at an offset of a pack.
// It goes down the chain of deltas to the first base that is in the cache, or
// whole, and then up again applying them. Each object on the way goes into the
// cache, since the next version of a file is most often a neighbour in the same
// chain.
func (s *Store) readPacked(ctx context.Context, p *pack, offset uint64, id *stage.Hash) (Type, []byte, error) {
	if typ, content, ok := s.cache.get(packed(p.number, offset), id); ok {
		return typ, content, s.allow(content)
	}
	w := scratches.Get().(*scratch)
	defer w.release()
	typ, content, err := s.readBase(p, offset, id, w)
	if err != nil {
		return 0, nil, err
	}
	for i := len(w.chain) - 1; i >= 0; i-- {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		l := &w.chain[i]
		limit, made := s.baseLimit, (*stage.Hash)(nil)
		if i == 0 {
			limit, made = s.limit, id
		}
		delta, err := w.inflateDelta(&l.entry, s.baseLimit)
		if err != nil {
			return 0, nil, err
		}
		if content, err = applyDelta(content, delta, limit); err != nil {
			return 0, nil, err
		}
		content = s.cache.put(packed(p.number, l.offset), made, typ, content, false)
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
// object that the last of them applies to. That is the one with the id if there
// are none.
func (s *Store) readBase(p *pack, offset uint64, id *stage.Hash, w *scratch) (Type, []byte, error) {
	e, err := p.entry(offset)
	for err == nil && e.isDelta() {
		if len(w.chain) == longestChain {
			return 0, nil, corrupt("chain of more than %d deltas", longestChain)
		}
		w.chain = append(w.chain, link{offset, e})
		offset = e.base
		if typ, content, ok := s.cache.get(packed(p.number, offset), nil); ok {
			return typ, content, nil
		}
		e, err = p.entry(offset)
	}
	if err != nil {
		return 0, nil, err
	}
	limit := s.limit
	if len(w.chain) > 0 {
		limit, id = s.baseLimit, nil
	}
	if e.size > limit {
		return 0, nil, ErrTooLarge
	}
	content := uncleared(int(e.size))
	if err := w.inflater.inflate(content, e.body); err != nil {
		return 0, nil, err
	}
	typ := Type(e.kind)
	return typ, s.cache.put(packed(p.number, offset), id, typ, content, true), nil
}

// statPacked gives the type and size of the object at an offset of a pack. For
// a delta the size stands in its first bytes and the type at the end of its
// chain, so that very little is inflated.
func (s *Store) statPacked(p *pack, offset uint64) (Type, int64, error) {
	if typ, content, ok := s.cache.get(packed(p.number, offset), nil); ok {
		return typ, int64(len(content)), nil
	}
	e, err := p.entry(offset)
	if err != nil {
		return 0, 0, err
	}
	size := e.size
	if e.isDelta() {
		if size, err = resultSize(&e); err != nil {
			return 0, 0, err
		}
	}
	for depth := 0; e.isDelta(); depth++ {
		if depth == longestChain {
			return 0, 0, corrupt("chain of more than %d deltas", longestChain)
		}
		if e, err = p.entry(e.base); err != nil {
			return 0, 0, err
		}
	}
	return Type(e.kind), int64(size), nil
}

// resultSize reads the size of a delta's result from its first bytes.
func resultSize(e *entry) (uint64, error) {
	w := scratches.Get().(*scratch)
	defer w.release()
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
