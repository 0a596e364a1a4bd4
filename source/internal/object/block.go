package object

import (
	"context"
	"runtime/debug"

	"github.com/commitflow/commitflow/stage"
)

// blockBits is the size of a block, as a power of two: some 170 commits.
const blockBits = 16

// Block is 64 KiB of a pack, with the objects that begin there.
type Block struct {
	pack   *pack
	table  *blockTable
	number int
}

// Next gives the block behind b; ok is false at the end of the pack.
func (b Block) Next() (next Block, ok bool) {
	b.number++
	return b, b.number < len(b.table.starts)-1
}

// Previous gives the block before b; ok is false at the beginning of the pack.
func (b Block) Previous() (previous Block, ok bool) {
	b.number--
	return b, b.number >= 0
}

// Precedes tells whether b lies before another block of the same pack.
func (b Block) Precedes(other Block) bool { return b.pack == other.pack && b.number < other.number }

// Blocks reads commits by where they lie in packs. git writes them next to each
// other, the latest first: so a history can be read without following it from
// commit to commit, by several workers, and without searching the index for
// each.
//
// It needs four bytes of memory for each object of the packs that it is asked
// for, and about 10 ms to prepare a pack of a million.
type Blocks struct {
	store  *Store
	tables map[*pack]*blockTable
}

// Blocks makes it possible to read whole blocks.
func (s *Store) Blocks() *Blocks {
	return &Blocks{store: s, tables: map[*pack]*blockTable{}}
}

// Of gives the block that holds an object; ok is false if no pack does, or if
// the repository has another object stand for it. One goroutine may call it at a
// time.
func (b *Blocks) Of(id stage.Hash) (block Block, ok bool) {
	s := b.store
	s.use.RLock()
	defer s.use.RUnlock()
	if _, replaced := s.replaced[id]; replaced || s.closed {
		return block, false
	}
	for _, p := range *s.packs.Load() {
		if block, ok = b.in(p, &id); ok {
			return block, true
		}
	}
	return block, false
}

// in searches one pack. What is wrong with it will be told by who reads the
// object for itself.
func (b *Blocks) in(p *pack, id *stage.Hash) (block Block, ok bool) {
	var fault error
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recoverFault(&fault)
	offset, found, err := p.index.find(id)
	if !found || err != nil || offset >= uint64(len(p.data)) {
		return block, false
	}
	table := b.tables[p]
	if table == nil {
		table = newBlockTable(p)
		b.tables[p] = table
	}
	return Block{p, table, int(offset >> blockBits)}, true
}

// Commits calls each with the commits that begin in a block, in no particular
// order. They may be kept; most of them share memory with the others of the block,
// and are not in the cache. Commits leaves some out: what is replaced, what cannot be
// read, what is unusually large, and deltas among trees and blobs. It may be called by
// several goroutines.
func (b *Blocks) Commits(ctx context.Context, block Block, each func(id stage.Hash, raw []byte)) {
	s := b.store
	s.use.RLock()
	defer s.use.RUnlock()
	if s.closed {
		return
	}
	var fault error
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recoverFault(&fault)
	p := block.pack
	commits := block.commits()
	// Offsets were looked at all in a row, and so are ids: the processor can wait for
	// many of them at a time.
	ids := make([]stage.Hash, len(commits))
	for k, c := range commits {
		ids[k] = p.index.id(c.number)
	}
	s.inflateCommits(ctx, p, commits, ids, each)
}

// packedObject is an object of a pack: where it lies there and in the index.
type packedObject struct {
	offset uint64
	number int
}

// commits gives what begins in the block and may be a commit.
func (b Block) commits() (commits []packedObject) {
	var deltas []packedObject // whose type is not known yet
	others := false
	for _, number := range b.table.objects(b.number) {
		o := packedObject{number: int(number)}
		var err error
		if o.offset, err = b.pack.index.offset(o.number); err != nil || o.offset >= uint64(len(b.pack.data)) {
			continue
		}
		b.pack.mappedPack.touch(o.offset)
		switch kind := b.pack.data[o.offset] >> 4 & 7; {
		case kind == byte(Commit):
			commits = append(commits, o)
		case kind < offsetDelta:
			others = true
		default:
			deltas = append(deltas, o)
		}
	}
	// git-repack(1) keeps commits together; among whole trees and blobs, as
	// git-fast-import(1) writes them, hardly any delta is a commit.
	if !others && len(deltas) > 0 && (len(commits) > 0 || isCommit(b.pack, deltas[0].offset)) {
		commits = append(commits, deltas...)
	}
	return commits
}

// inflateCommits reads those of the objects that are commits. What is no delta is
// inflated into memory that the block has for itself: with an allocation for each
// commit, and a place in the cache, messages take a fifth longer.
func (s *Store) inflateCommits(ctx context.Context, p *pack, objects []packedObject, ids []stage.Hash, each func(stage.Hash, []byte)) {
	whole := make([]entry, len(objects)) // of kind 0 for others
	sum := uint64(0)
	for k, o := range objects {
		e, err := p.entry(o.offset)
		if err == nil && e.kind == byte(Commit) && e.size <= min(blockCommit, s.limit) {
			whole[k] = e
			sum += e.size
		}
	}
	if sum > blockCommits {
		return
	}
	w := scratches.Get().(*scratch)
	defer w.release()
	memory := uncleared(int(sum))
	for k, o := range objects {
		if _, replaced := s.replaced[ids[k]]; replaced {
			continue
		}
		if e := &whole[k]; e.kind != 0 {
			raw := memory[:e.size:e.size]
			if w.inflater.inflate(raw, e.body) == nil {
				memory = memory[e.size:]
				each(ids[k], raw)
			}
		} else if isCommit(p, o.offset) {
			typ, raw, err := s.readPacked(ctx, p, o.offset, &ids[k])
			if err == nil && typ == Commit {
				each(ids[k], raw)
			}
		}
	}
}

// Deeper deltas, larger commits and more of them are not read by the block: a
// hostile pack must not cost much that nobody has asked for.
const (
	blockDepth   = 64
	blockCommit  = 1 << 20
	blockCommits = 2 << 20 // in all
)

// isCommit tells the type of an object without inflating anything.
func isCommit(p *pack, offset uint64) bool {
	e, err := p.entry(offset)
	for depth := 0; err == nil && e.isDelta() && depth < blockDepth; depth++ {
		e, err = p.entry(e.base)
	}
	return err == nil && e.kind == byte(Commit) && e.size <= blockCommit
}

// blockTable lists the objects of a pack by the blocks that they begin in.
type blockTable struct {
	// objects starts[n] to starts[n+1] begin in block n; the numbers in sorted
	// are those of the index.
	starts, sorted []uint32
}

func newBlockTable(p *pack) *blockTable {
	blocks := len(p.data)>>blockBits + 1
	t := &blockTable{starts: make([]uint32, blocks+1), sorted: make([]uint32, p.index.count)}
	place := func(i int) int { // objects that lie nowhere are put into the last block
		offset, err := p.index.readOffset(i)
		if err != nil || offset >= uint64(len(p.data)) {
			return blocks - 1
		}
		return int(offset >> blockBits)
	}
	p.index.file.touchAll(p.index.offsetsAt, uint64(len(p.index.offsets)+len(p.index.large)))
	for i := range p.index.count {
		t.starts[place(i)]++
	}
	sum := uint32(0)
	for n, count := range t.starts {
		t.starts[n], sum = sum, sum+count
	}
	// Each start moves on to the next one while the block is filled.
	for i := range p.index.count {
		n := place(i)
		t.sorted[t.starts[n]] = uint32(i)
		t.starts[n]++
	}
	copy(t.starts[1:], t.starts[:blocks])
	t.starts[0] = 0
	return t
}

func (t *blockTable) objects(block int) []uint32 {
	return t.sorted[t.starts[block]:t.starts[block+1]]
}
