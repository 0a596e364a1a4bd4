package object

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/edsrzf/mmap-go"
)

const (
	// pageRunBits is the memory that reading one byte of a mapped file brings in,
	// as a power of two: Linux maps the neighbours of a page as well that it has at
	// hand, up to the next addresses that are multiples of 64 KiB. Linux 6.18
	// was seen to bring in three times as much, probably where its cache has the file
	// in larger pieces.
	pageRunBits = 16
	// measured is how often the system is asked what is in memory while the bound is
	// read.
	measured = 32
	// mostResidentPacks and mostResidentIndexes are how much of all packs and of all
	// indexes stays in memory. It is the page cache's memory, and most often stays
	// there; but it counts as ours. An index is read all over, and is to stay whole: that
	// of the Linux kernel, of ten million objects, is a third of a gigabyte.
	mostResidentPacks   = 128 << 20
	mostResidentIndexes = 768 << 20
)

// resident bounds the memory that mapped files take up: each time that as much was read
// as the bound allows, all of it is given up. What is read again after that costs a
// fault for each 64 KiB, of one to five microseconds as long as the system has the file
// in its cache. To keep what was read lately costs more: it lies here and there, and
// each gap between takes a call of the system by itself, which interrupts all
// processors. As reading may bring in more than it asks for, packs are given up as well
// once the process has that much more of files in memory than when they were last.
//
// It is safe for concurrent use: given up is the place in our memory, not what
// stands there.
type resident struct {
	most  int64        // the bound, in runs of pages
	fresh atomic.Int64 // runs read since the last time
	// measures tells that the system is asked as well, and floor is what it told when
	// all was last given up, in bytes.
	measures bool
	floor    atomic.Int64

	mu       sync.Mutex
	mappings []*mapping
}

// residents bounds packs and indexes, each by itself.
type residents struct{ packs, indexes *resident }

func newResident(most int64) *resident { return &resident{most: most >> pageRunBits} }

// mapping is a mapped file.
type mapping struct {
	data mmap.MMap
	all  *resident
	lead uint64 // from where the first run begins to where data does
	// A bit for each run of pages that was read since the last time.
	fresh []atomic.Uint64
}

// add maps a file.
func (r *resident) add(name string) (*mapping, error) {
	data, err := mapFile(name)
	if err != nil {
		return nil, err
	}
	lead := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(data)))) % (1 << pageRunBits)
	words := (lead+uint64(len(data)))>>pageRunBits/64 + 1
	m := &mapping{data: data, all: r, lead: lead, fresh: make([]atomic.Uint64, words)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mappings = append(r.mappings, m)
	return m, nil
}

// close unmaps the file. Nobody may be reading it.
func (m *mapping) close() error {
	r := m.all
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, other := range r.mappings {
		if other == m {
			r.mappings = append(r.mappings[:i:i], r.mappings[i+1:]...)
			break
		}
	}
	return m.data.Unmap()
}

// touch notes that the byte at an offset is about to be read. m is nil where
// nothing is mapped.
func (m *mapping) touch(offset uint64) {
	if m == nil {
		return
	}
	run := (m.lead + offset) >> pageRunBits
	if word := run / 64; word < uint64(len(m.fresh)) && m.fresh[word].Load()&(1<<(run%64)) == 0 {
		m.note(run)
	}
}

// touchAll is touch for size bytes, or as many as there are.
func (m *mapping) touchAll(offset, size uint64) {
	if m == nil {
		return
	}
	end := min(offset+size, uint64(len(m.data)))
	if offset >= end {
		return
	}
	for ; offset < end; offset += 1 << pageRunBits {
		m.touch(offset)
	}
	m.touch(end - 1)
}

func (m *mapping) note(run uint64) {
	bit := uint64(1) << (run % 64)
	if m.fresh[run/64].Or(bit)&bit != 0 {
		return
	}
	r := m.all
	if fresh := r.fresh.Add(1); fresh > r.most || fresh%max(1, r.most/measured) == 0 && r.swollen() {
		r.giveUp()
	}
}

// swollen tells whether more is in memory than the bound allows, noted or not.
func (r *resident) swollen() bool {
	return r.measures && residentFiles()-r.floor.Load() > r.most<<pageRunBits
}

// giveUp takes everything out of memory.
func (r *resident) giveUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fresh.Load() <= r.most && !r.swollen() {
		return // another reader was first
	}
	r.fresh.Store(0)
	for _, m := range r.mappings {
		for word := range m.fresh {
			m.fresh[word].Store(0)
		}
		dropPages(m.data)
	}
	if r.measures {
		r.floor.Store(residentFiles())
	}
}
