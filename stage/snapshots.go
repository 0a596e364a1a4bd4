package stage

import (
	"fmt"
	"sync"
)

// stageState gathers the snapshots of a stage that carries state, for the
// checkpoint to choose from.
type stageState struct {
	name string
	part Snapshotter

	mu    sync.Mutex
	saved []savedState
	final []byte

	barrier Position // the last multiple of snapshotInterval that was passed
}

// savedState is the state of a stage between two items. It stands for all
// positions from first to barrier: nothing came to the stage in between.
type savedState struct {
	first, barrier Position
	data           []byte
}

// reach takes a snapshot if an item at p is the first behind a multiple of
// snapshotInterval. It is called before the stage handles the item.
func (s *stageState) reach(p Position) error {
	barrier := p - p%snapshotInterval
	if barrier <= s.barrier {
		return nil
	}
	data, err := s.part.Snapshot()
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved = append(s.saved, savedState{s.barrier + 1, barrier, data})
	s.barrier = barrier
	return nil
}

// end takes the last snapshot, when the stage has seen all.
func (s *stageState) end() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.final, err = s.part.Snapshot(); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}

// at gives the state in which the stage was before the item at next.
func (s *stageState) at(next Position) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, saved := range s.saved {
		if saved.first <= next && next <= saved.barrier {
			return saved.data, true
		}
	}
	return nil, false
}

// forget drops the snapshots that no later checkpoint will ask for.
func (s *stageState) forget(before Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.saved) > 0 && s.saved[0].barrier <= before {
		s.saved = s.saved[1:]
	}
}

func (s *stageState) last() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.final
}

// restore sets the stage to its state at the mark.
func (s *stageState) restore(mark *sourceMark) error {
	s.barrier = mark.Next - mark.Next%snapshotInterval
	if mark.Next == 0 {
		return nil
	}
	state, ok := mark.Snapshots[s.name]
	if !ok {
		return fmt.Errorf("%w: it has no state of this stage", ErrCheckpointMismatch)
	}
	return guard(func() error { return s.part.Restore(state) })
}
