package stage

import "container/heap"

// brought gives the commits that a merge has brought in: what its further
// parents reach and its first does not. To revert a merge reverts them all.
//
// It goes back from both sides at once, from the youngest commit to the oldest,
// until all that is left is common, so that its cost is what lies between the
// merge and the place where the sides part.
func (l *lineage) brought(merge uint32) []uint32 {
	parents := l.of(merge)
	if len(parents) < 2 {
		return nil
	}
	const main, side = 1, 2
	sides := map[uint32]uint8{}
	var queue ordinalHeap
	sideOnly := 0 // commits in the queue that the first parent has not reached
	mark := func(ordinal uint32, by uint8) {
		before, queued := sides[ordinal]
		if after := before | by; !queued || after != before {
			sides[ordinal] = after
			if !queued {
				heap.Push(&queue, ordinal)
			}
			if before != side && after == side {
				sideOnly++
			} else if before == side && after != side {
				sideOnly--
			}
		}
	}
	mark(parents[0], main)
	for _, parent := range parents[1:] {
		mark(parent, side)
	}
	var brought []uint32
	for sideOnly > 0 {
		ordinal := heap.Pop(&queue).(uint32)
		by := sides[ordinal]
		if by == side {
			sideOnly--
			brought = append(brought, ordinal)
		}
		for _, parent := range l.of(ordinal) {
			mark(parent, by)
		}
	}
	return brought
}

// ordinalHeap gives the youngest commit first. Children come after their
// parents, so by the time that a commit is taken all its children have been.
type ordinalHeap []uint32

func (h ordinalHeap) Len() int           { return len(h) }
func (h ordinalHeap) Less(i, j int) bool { return h[i] > h[j] }
func (h ordinalHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ordinalHeap) Push(x any)        { *h = append(*h, x.(uint32)) }
func (h *ordinalHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
