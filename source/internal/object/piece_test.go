package object

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a piece does not hold is found all the same: contents that do not compress, large
// ones, and chains of more pieces than there is room for.
func TestEntriesThatPiecesDoNotHold(t *testing.T) {
	r := newRepo(t)
	random := rand.NewChaCha8([32]byte{3})
	noise := func(n int) []byte {
		bytes := make([]byte, n)
		_, _ = random.Read(bytes)
		return bytes
	}
	var in bytes.Buffer
	file := bytes.Repeat([]byte("."), 100_000)
	for i := range 25 {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 1\nx\n", 1112911993+i)
		copy(file[3000*i:], noise(15_000)) // a delta of so much
		for name, content := range map[string][]byte{"chain": file, "noise": noise(5000 * i), "tiny": noise(i)} {
			fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", name, len(content), content)
		}
	}
	in.WriteString("commit refs/heads/main\ncommitter C <c@example.com> 1112919999 +0000\ndata 1\nx\n")
	fmt.Fprintf(&in, "M 100644 inline zeros\ndata %d\n%s\n", 1<<20, make([]byte, 1<<20))
	r.gitWith(&in, "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
	r.git("repack", "-adfq", "--depth=250", "--window=250")

	s := r.open(Options{CacheBytes: 1})
	p := (*s.packs.Load())[0]
	p.readByPieces()
	requireAllEqual(t, s, filepath.Join(r.dir, ".git"))

	w, inPart, mapped := new(scratch), 0, 0
	for i := range p.index.count {
		offset, err := p.index.offset(i)
		require.NoError(t, err)
		e, err := w.entry(p, offset)
		require.NoError(t, err)
		want, err := p.entry(offset)
		require.NoError(t, err)
		assert.Same(t, &want.body[0], &e.rest()[0])
		assert.Equal(t, want.at, e.at)
		switch {
		case e.pack == nil:
			mapped++
		case !w.inflater.quick.inflate(make([]byte, e.size), e.body):
			inPart++
			assert.NoError(t, w.inflate(make([]byte, e.size), &e))
		}
		if mapped == 0 {
			assert.NotEmpty(t, w.pieces)
		}
	}
	assert.Greater(t, mapped, 10, "there is no room for all of them")
	assert.Greater(t, inPart, 3, "noise is more than is read at first")
	w.release()
	assert.Empty(t, w.pieces)
}

// What counts is the size of all packs together: git-fast-import(1), for one, begins a
// new pack now and then.
func TestPacksAreReadByPiecesIfAllTogetherAreLarge(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pack")
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	for what, c := range map[string]struct {
		sizes []int
		from  int
		want  []bool
	}{
		"no packs":                  {},
		"as much as stays mapped":   {sizes: []int{500, 500}, want: []bool{false, false}},
		"one large":                 {sizes: []int{1001}, want: []bool{true}},
		"none large, but all are":   {sizes: []int{400, 400, 400}, want: []bool{true, true, true}},
		"a small one among large":   {sizes: []int{1000, 15, 17}, want: []bool{true, false, true}},
		"added to packs in use":     {sizes: []int{900, 200}, from: 1, want: []bool{false, true}},
		"added to a small one's":    {sizes: []int{100, 200}, from: 1, want: []bool{false, false}},
		"a small one added to many": {sizes: []int{2000, 30}, from: 1, want: []bool{false, false}},
	} {
		packs := make([]*pack, len(c.sizes))
		for i, size := range c.sizes {
			packs[i] = &pack{name: name, data: make([]byte, size)}
		}
		choosePieces(packs, c.from, 1000)
		for i, p := range packs {
			assert.Equal(t, c.want[i], p.file != nil, "%s: pack %d", what, i)
			require.NoError(t, p.close())
		}
	}
}
