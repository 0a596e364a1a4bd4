package walk

import (
	"context"

	"github.com/sourcegraph/conc"

	"github.com/commitflow/commitflow/source/internal/commitobj"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/stage"
)

const (
	// aheadFrom is how many commits are read one by one before blocks are: it
	// pays for histories only.
	aheadFrom = 512
	// aheadShare bounds the commits read in blocks that the tips do not lead to,
	// as in a repository of many branches: more than so many for each commit
	// visited are not read, beyond the first aheadFree.
	aheadShare = 4
	aheadFree  = 4096
	// aheadBlocks is how many blocks wait for each reader.
	aheadBlocks = 4
)

// ahead reads the blocks of packs that commits lie in, and those that follow in the
// direction in which the history is met: it lies in packs the latest first, or, in
// those of git-fast-import(1), the oldest first.
type ahead struct {
	ctx     context.Context
	cancel  context.CancelFunc
	objects Objects
	readers int
	running conc.WaitGroup

	blocks *object.Blocks // nil until reading ahead has begun
	known  map[object.Block]*block
	queue  chan *block
	last   object.Block
	read   int // commits in blocks that were asked for
}

// block is a block that is to be read, is read or was.
type block struct {
	object.Block
	done chan struct{} // closed once it was read
	// What was read, until it has been taken.
	commits []lineage
	parents []stage.Hash // of all commits, one after the other
	raw     [][]byte     // the commits as they are stored
}

// lineage is what the walk needs of a commit, beside the parents themselves.
type lineage struct {
	id      stage.Hash
	parents int // how many
}

func newAhead(ctx context.Context, objects Objects, readers int) *ahead {
	a := &ahead{objects: objects, readers: readers}
	a.ctx, a.cancel = context.WithCancel(ctx)
	return a
}

// close ends the readers.
func (a *ahead) close() {
	a.cancel()
	if a.queue != nil {
		close(a.queue)
	}
	a.running.Wait()
}

// take gives the block in which a commit lies, read, or nil if reading it does
// not pay, or was done before. visited is how many commits were asked for so
// far.
func (a *ahead) take(id stage.Hash, visited int) *block {
	if visited < aheadFrom || a.read > aheadFree+aheadShare*visited {
		return nil
	}
	if a.blocks == nil {
		a.begin()
	}
	place, ok := a.blocks.Of(id)
	if !ok {
		return nil
	}
	b := a.known[place]
	if b == nil {
		b = a.add(place)
		select {
		case a.queue <- b:
		case <-a.ctx.Done():
			return nil
		}
	}
	select {
	case <-b.done:
	case <-a.ctx.Done():
		return nil
	}
	if b.commits == nil {
		return nil
	}
	a.read += len(b.commits)
	a.readOn(place)
	return b
}

func (a *ahead) begin() {
	a.blocks = a.objects.Blocks()
	a.known = map[object.Block]*block{}
	a.queue = make(chan *block, a.readers*aheadBlocks)
	for range a.readers {
		a.running.Go(func() {
			defer a.cancel() // a reader that panics must not be waited for
			for b := range a.queue {
				if a.ctx.Err() == nil {
					b.read(a.ctx, a.blocks)
				}
				close(b.done)
			}
		})
	}
}

func (a *ahead) add(place object.Block) *block {
	b := &block{Block: place, done: make(chan struct{})}
	a.known[place] = b
	return b
}

// readOn lets the readers go on beside a block, as far as there is room for.
func (a *ahead) readOn(place object.Block) {
	next := object.Block.Next
	if place.Precedes(a.last) {
		next = object.Block.Previous
	}
	a.last = place
	for range cap(a.queue) {
		var ok bool
		if place, ok = next(place); !ok {
			return
		}
		if a.known[place] != nil {
			continue
		}
		b := a.add(place)
		select {
		case a.queue <- b:
		default:
			delete(a.known, place)
			return
		}
	}
}

// read reads the commits. Those that are not as they should be are left out:
// the walk will find them one by one, if it comes to them, and say what is
// wrong.
func (b *block) read(ctx context.Context, blocks *object.Blocks) {
	blocks.Commits(ctx, b.Block, func(id stage.Hash, raw []byte) {
		if parents, err := commitobj.Parents(raw, b.parents); err == nil {
			b.commits = append(b.commits, lineage{id, len(parents) - len(b.parents)})
			b.parents = parents
			b.raw = append(b.raw, raw)
		}
	})
}
