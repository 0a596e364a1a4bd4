package walk

import (
	"slices"
	"sync/atomic"

	"github.com/commitflow/commitflow/stage"
)

// Kept holds commits of a history, as they are stored, from when it was listed
// until they are taken: those that the walk came to last, which are the oldest as
// a rule. It is safe for concurrent use. A nil Kept holds nothing.
type Kept struct {
	blocks []keptBlock
	places []keptPlace // by position, up to the last commit that is held
}

// keptBlock holds the commits of one block, whose memory is given up as a whole.
type keptBlock struct {
	commits atomic.Pointer[[][]byte]
	left    atomic.Int32 // commits that were not taken yet
}

// keptPlace is where a commit is held: number counts from 1, or is 0 for a commit
// that is not.
type keptPlace struct{ block, number uint32 }

// find gives the block that holds a commit, and the commit; both nil if none does.
func (k *Kept) find(position stage.Position) (*keptBlock, []byte) {
	if k == nil || position >= stage.Position(len(k.places)) {
		return nil, nil
	}
	place := k.places[position]
	if place.number == 0 {
		return nil, nil
	}
	b := &k.blocks[place.block]
	if commits := b.commits.Load(); commits != nil {
		return b, (*commits)[place.number-1]
	}
	return nil, nil
}

// Get gives the commit at a position of the list, or nil. It must not be changed.
func (k *Kept) Get(position stage.Position) []byte {
	_, raw := k.find(position)
	return raw
}

// Take is Get for the last time: once all commits of a block were taken, the block
// is given up. A commit that is taken twice makes that happen early.
func (k *Kept) Take(position stage.Position) []byte {
	b, raw := k.find(position)
	if b != nil && b.left.Add(-1) <= 0 {
		b.commits.Store(nil)
	}
	return raw
}

// Len is how many commits are held and were not taken.
func (k *Kept) Len() (n int) {
	if k == nil {
		return 0
	}
	for i := range k.blocks {
		if b := &k.blocks[i]; b.commits.Load() != nil {
			n += int(b.left.Load())
		}
	}
	return n
}

// Shrink gives up the youngest blocks until so many bytes are left.
func (k *Kept) Shrink(most int) {
	if k == nil {
		return
	}
	left := 0
	for i := len(k.blocks) - 1; i >= 0; i-- {
		commits := k.blocks[i].commits.Load()
		if commits == nil {
			continue
		}
		if left += size(*commits); left > most {
			k.blocks[i].commits.Store(nil)
		}
	}
}

// keeper chooses what is kept: the blocks that were read last, as long as they fit
// into so many bytes.
type keeper struct {
	most, size int
	blocks     [][][]byte // the commits of each
	dropped    int        // how many of the blocks were dropped, the first ones
}

// add keeps a block and gives its number.
func (k *keeper) add(commits [][]byte) uint32 {
	k.blocks = append(k.blocks, commits)
	k.size += size(commits)
	for k.size > k.most {
		k.size -= size(k.blocks[k.dropped])
		k.blocks[k.dropped] = nil
		k.dropped++
	}
	return uint32(len(k.blocks) - 1)
}

func size(commits [][]byte) (bytes int) {
	for _, raw := range commits {
		bytes += len(raw)
	}
	return bytes
}

// kept makes what is held for a list of commits from their places in the graph.
func (g *graph) kept(order []int32) *Kept {
	blocks := g.keeper.blocks
	k := &Kept{blocks: make([]keptBlock, len(blocks)), places: make([]keptPlace, len(order))}
	end := 0
	for position, place := range order {
		at := g.commits[place].at
		if at.number == 0 || blocks[at.block] == nil {
			continue
		}
		k.places[position] = at
		k.blocks[at.block].left.Add(1)
		end = position + 1
	}
	for i := range blocks {
		if k.blocks[i].left.Load() > 0 {
			k.blocks[i].commits.Store(&blocks[i])
		}
	}
	k.places = slices.Clone(k.places[:end])
	return k
}
