package object

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/commitflow/commitflow/stage"
)

// found is what was asked for of an object: its content may have been left
// out.
type found struct {
	typ     Type
	size    int64
	content []byte
}

// lookUp searches for an object as git does: in packs, as a loose object, in
// packs that have appeared since, and at last, if there are files here that
// only git can read, by asking git.
func (s *Store) lookUp(ctx context.Context, id stage.Hash, whole bool) (found, error) {
	s.use.RLock()
	defer s.use.RUnlock()
	if s.closed {
		return found{}, ErrClosed
	}
	id, err := s.replacement(id)
	if err != nil {
		return found{}, err
	}
	if whole {
		if typ, content, ok := s.cache.asked(&id); ok {
			return found{typ, int64(len(content)), content}, s.allow(content)
		}
	}
	o, err := s.search(ctx, id, whole)
	if errors.Is(err, stage.ErrMissing) && id == emptyTree {
		return found{typ: Tree, content: []byte{}}, nil
	}
	return o, err
}

func (s *Store) search(ctx context.Context, id stage.Hash, whole bool) (found, error) {
	o, err := s.searchPacks(ctx, id, *s.packs.Load(), whole)
	if err == nil || final(err) {
		return o, err
	}
	if o, looseErr := s.searchLoose(id, whole); !errors.Is(looseErr, stage.ErrMissing) {
		return o, looseErr
	}
	if errors.Is(err, stage.ErrMissing) {
		added, scanErr := s.rescan()
		if scanErr != nil {
			return found{}, scanErr
		}
		o, err = s.searchPacks(ctx, id, added, whole)
	}
	if broken := s.broken.Load(); broken != nil && errors.Is(err, stage.ErrMissing) {
		err = *broken // the object may well be in there
		o, gitErr := s.fallback.ask(ctx, id, whole)
		if gitErr == nil || final(gitErr) || errors.Is(err, errUnsupported) {
			return o, gitErr
		}
	} else if errors.Is(err, errUnsupported) {
		return s.fallback.ask(ctx, id, whole)
	}
	return o, err
}

// final tells the errors that no other copy of the object can mend: it is too
// large, or the caller's context is done.
func final(err error) bool {
	return errors.Is(err, ErrTooLarge) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// searchPacks reads an object from the packs, the one that was last of use
// first. If its copy in one pack is corrupt, another may be sound.
func (s *Store) searchPacks(ctx context.Context, id stage.Hash, packs []*pack, whole bool) (found, error) {
	failure := stage.ErrMissing
	recent := s.recent.Load()
	if recent != nil {
		o, err := s.fromPack(ctx, recent, &id, whole)
		if err == nil || final(err) {
			return o, err
		}
		failure = err
	}
	for _, p := range packs {
		if p == recent {
			continue
		}
		o, err := s.fromPack(ctx, p, &id, whole)
		if err == nil {
			s.recent.Store(p)
		}
		if err == nil || final(err) {
			return o, err
		}
		if failure == stage.ErrMissing {
			failure = err
		}
	}
	return found{}, failure
}

// fromPack reads an object from one pack. Only here, and where packs are opened,
// mappings are touched.
func (s *Store) fromPack(ctx context.Context, p *pack, id *stage.Hash, whole bool) (o found, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recoverFault(&err)
	offset, ok, err := p.index.find(id)
	if err != nil {
		return o, err
	}
	if !ok {
		return o, stage.ErrMissing
	}
	if !whole {
		o.typ, o.size, err = s.statPacked(p, offset)
		return o, err
	}
	o.typ, o.content, err = s.readPacked(ctx, p, offset, id)
	o.size = int64(len(o.content))
	return o, err
}

// searchLoose reads an object that lies in a file of its own.
func (s *Store) searchLoose(id stage.Hash, whole bool) (o found, err error) {
	if !whole {
		o.typ, o.size, err = s.statLoose(id)
		return o, err
	}
	o.typ, o.content, err = s.readLoose(id)
	o.size = int64(len(o.content))
	return o, err
}
