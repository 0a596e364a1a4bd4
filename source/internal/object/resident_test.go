package object

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// residentBytes asks Linux how much of a mapping is in memory.
func residentBytes(t testing.TB, m *mapping) (size int) {
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip("this system does not tell what is in memory")
	}
	begin := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(m.data))))
	inside := false
	for line := range strings.Lines(string(smaps)) {
		fields := strings.Fields(line)
		if from, _, ok := strings.Cut(fields[0], "-"); ok {
			address, err := strconv.ParseUint(from, 16, 64)
			inside = err == nil && address >= begin && address < begin+uint64(len(m.data))
		} else if inside && fields[0] == "Rss:" {
			kilobytes, err := strconv.Atoi(fields[1])
			require.NoError(t, err)
			size += kilobytes << 10
		}
	}
	return size
}

func TestMappedFilesStayWithinTheirBound(t *testing.T) {
	const run = 1 << pageRunBits
	content := make([]byte, 40*run+123)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(content)
	name := filepath.Join(t.TempDir(), "file")
	file, err := os.Create(name)
	require.NoError(t, err)
	for part := range slices.Chunk(content, 4096) { // as large a piece as it is written in is brought in
		_, err = file.Write(part)
		require.NoError(t, err)
	}
	require.NoError(t, file.Close())

	r := newResident(8 * run)
	m, err := r.add(name)
	require.NoError(t, err)
	read := func(i int) {
		m.touch(uint64(i))
		require.Equal(t, content[i], m.data[i])
	}
	for round := range 3 {
		for i := 0; i < len(content); i += run / 3 {
			read(i)
			read(5 * run) // is read all the time
			if got := residentBytes(t, m); got > 9*run {
				require.Failf(t, "too much in memory", "%d runs at %d, round %d", got/run, i, round)
			}
		}
	}
	m.touchAll(run+1, 3*run)
	m.touchAll(39*run, 1<<62)
	m.touch(1 << 62)
	m.touchAll(uint64(len(content)), 5) // what lies outside is nobody's concern
	require.NoError(t, m.close())
	assert.Empty(t, r.mappings)
}

// What the system brings in beside what is asked for counts as well.
func TestMoreInMemoryThanWasReadIsGivenUp(t *testing.T) {
	if residentFiles() == 0 {
		t.Skip("this system does not tell what is in memory")
	}
	const run = 1 << pageRunBits
	name := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(name, make([]byte, 512*run), 0o666))
	for _, measures := range []bool{true, false} {
		r := newResident(4 * measured * run)
		r.measures = measures
		r.floor.Store(residentFiles())
		m, err := r.add(name)
		require.NoError(t, err)
		read := byte(0)
		for i := 0; i < len(m.data); i += 4096 {
			read += m.data[i] // nobody notes it
		}
		require.Zero(t, read)
		require.Equal(t, len(m.data), residentBytes(t, m))
		for i := range 4 {
			m.touch(uint64(i * run))
		}
		if measures {
			assert.Zero(t, residentBytes(t, m))
		} else {
			assert.Equal(t, len(m.data), residentBytes(t, m))
		}
		require.NoError(t, m.close())
	}
}

// All that a repository holds can be read by many workers with little of it in
// memory.
func TestReadingWithFewPagesInMemory(t *testing.T) {
	r := newRepo(t)
	random := rand.NewChaCha8([32]byte{2})
	var in bytes.Buffer
	for i := range 300 {
		blob := make([]byte, 40_000)
		_, _ = random.Read(blob)
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 1\nx\nM 100644 inline f%d\ndata %d\n%s\n", 1112911993+i, i, len(blob), blob)
	}
	r.gitWith(&in, "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
	s := r.open(Options{CacheBytes: 1 << 20})
	const most = 1 << 20
	for _, r := range []*resident{s.resident.packs, s.resident.indexes} {
		r.most = most >> pageRunBits
	}

	p := (*s.packs.Load())[0]
	require.Greater(t, len(p.data), 10*most)
	want := map[stage.Hash][]byte{}
	eachObject(t, filepath.Join(r.dir, ".git"), func(id stage.Hash, _ Type, content []byte) { want[id] = bytes.Clone(content) })
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for id, content := range want { // each worker in another order
				_, got, err := s.Get(background, id)
				assert.NoError(t, err)
				assert.True(t, bytes.Equal(got, content), id)
			}
		})
	}
	workers.Wait()
	// On top may come what is being read while other runs are given up, and the rest
	// of the pieces in which git wrote the pack.
	assert.Less(t, residentBytes(t, p.mappedPack)+residentBytes(t, p.mappedIndex), 3*most)
}
