package object

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// packWriter makes packs that git would never make.
type packWriter struct {
	pack    bytes.Buffer
	offsets map[stage.Hash]uint64
}

func newPackWriter() *packWriter {
	w := &packWriter{offsets: map[stage.Hash]uint64{}}
	w.pack.WriteString("PACK\x00\x00\x00\x02\x00\x00\x00\x00")
	return w
}

// add appends an entry: base is what stands between header and compressed data.
func (w *packWriter) add(id stage.Hash, kind byte, size int, base, content []byte) (offset uint64) {
	offset = uint64(w.pack.Len())
	w.offsets[id] = offset
	c := kind<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		w.pack.WriteByte(c | 0x80)
		c = byte(size & 0x7f)
	}
	w.pack.WriteByte(c)
	w.pack.Write(base)
	w.pack.Write(deflated(content))
	return offset
}

func deflated(content []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write(content)
	_ = z.Close()
	return out.Bytes()
}

// distance encodes how far back the base of an offset delta is.
func distance(n uint64) []byte {
	out := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		out = append([]byte{byte(n&0x7f) | 0x80}, out...)
	}
	return out
}

// files gives the pack and its index.
func (w *packWriter) files() (pack, index []byte) {
	pack = bytes.Clone(w.pack.Bytes())
	binary.BigEndian.PutUint32(pack[8:], uint32(len(w.offsets)))
	checksum := sha1.Sum(pack)
	pack = append(pack, checksum[:]...)

	ids := make([]stage.Hash, 0, len(w.offsets))
	for id := range w.offsets {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b stage.Hash) int { return bytes.Compare(a[:], b[:]) })
	index = append(index, "\xfftOc\x00\x00\x00\x02"...)
	for b := range 256 {
		n := 0
		for _, id := range ids {
			if int(id[0]) <= b {
				n++
			}
		}
		index = binary.BigEndian.AppendUint32(index, uint32(n))
	}
	for _, id := range ids {
		index = append(index, id[:]...)
	}
	index = append(index, make([]byte, 4*len(ids))...) // checksums of entries, which nobody reads here
	for _, id := range ids {
		index = binary.BigEndian.AppendUint32(index, uint32(w.offsets[id]))
	}
	index = append(index, checksum[:]...)
	own := sha1.Sum(index)
	return pack, append(index, own[:]...)
}

// install puts the pack into a repository.
func (w *packWriter) install(r testRepo) {
	pack, index := w.files()
	name := filepath.Join(r.dir, ".git/objects/pack", fmt.Sprintf("pack-%d", len(r.packFiles(".idx"))))
	require.NoError(r, os.WriteFile(name+".pack", pack, 0o644))
	require.NoError(r, os.WriteFile(name+".idx", index, 0o644))
}

// deltaTo is a delta that inserts text, for a base of a size.
func deltaTo(baseSize int, text string) []byte {
	return append([]byte{byte(baseSize), byte(len(text)), byte(len(text))}, text...)
}

func TestPacksOfOurOwnMakingAreReadAsGitReadsThem(t *testing.T) {
	r := newRepo(t)
	ids := map[string]stage.Hash{}
	for _, text := range []string{"base", "one", "two", "three"} {
		id, err := stage.ParseHash(r.gitWith(strings.NewReader(text), "hash-object", "--stdin"))
		require.NoError(t, err)
		ids[text] = id
	}
	w := newPackWriter()
	base := ids["base"]
	three := ids["three"]
	one := ids["one"]
	w.add(three, referenceDelta, 6+2, one[:], deltaTo(3, "three"))
	offset := w.add(base, byte(Blob), 4, nil, []byte("base"))
	at := uint64(w.pack.Len())
	w.add(one, offsetDelta, 6, distance(at-offset), deltaTo(4, "one"))
	w.add(ids["two"], referenceDelta, 6, one[:], deltaTo(3, "two"))
	w.install(r)
	assert.Equal(t, 4, requireAllEqual(t, r.open(Options{}), r.dir+"/.git"))
}

func TestHostilePackEntries(t *testing.T) {
	a, b, c := stage.Hash{1}, stage.Hash{2}, stage.Hash{3}
	for _, test := range []struct {
		name string
		fill func(w *packWriter)
		says string
	}{
		{"deltas in a circle", func(w *packWriter) {
			w.add(a, referenceDelta, 6, b[:], deltaTo(3, "one"))
			w.add(b, referenceDelta, 6, c[:], deltaTo(3, "one"))
			w.add(c, referenceDelta, 6, a[:], deltaTo(3, "one"))
		}, "chain of more than"},
		{"a delta against itself", func(w *packWriter) {
			w.add(a, referenceDelta, 6, a[:], deltaTo(3, "one"))
		}, "chain of more than"},
		{"a base that is nowhere", func(w *packWriter) {
			w.add(a, referenceDelta, 6, b[:], deltaTo(3, "one"))
		}, ""},
		{"a base before the pack", func(w *packWriter) {
			w.add(a, offsetDelta, 6, distance(1000), deltaTo(3, "one"))
		}, "before it"},
		{"a base in the pack's header", func(w *packWriter) {
			w.add(a, offsetDelta, 6, distance(8), deltaTo(3, "one"))
		}, "outside of the pack"},
		{"a distance of nothing", func(w *packWriter) {
			w.add(a, offsetDelta, 6, distance(0), deltaTo(3, "one"))
		}, "before it"},
		{"a distance without an end", func(w *packWriter) {
			w.add(a, offsetDelta, 6, bytes.Repeat([]byte{0xff}, 30), deltaTo(3, "one"))
		}, "names no base"},
		{"a claim of too much", func(w *packWriter) { w.add(a, byte(Blob), 5, nil, []byte("four")) }, "ends early"},
		{"a claim of too little", func(w *packWriter) { w.add(a, byte(Blob), 3, nil, []byte("four")) }, "longer than"},
		{"a claim of a terabyte", func(w *packWriter) { w.add(a, byte(Blob), 1<<40, nil, []byte("four")) }, "more than the pack can hold"},
		{"a size without an end", func(w *packWriter) {
			w.add(a, byte(Blob), 1<<60, bytes.Repeat([]byte{0xff}, 30), nil)
		}, "size of the entry"},
		{"a type that does not exist", func(w *packWriter) { w.add(a, 5, 4, nil, []byte("four")) }, "type 5"},
		{"type 0", func(w *packWriter) { w.add(a, 0, 4, nil, []byte("four")) }, "type 0"},
		{"an offset beyond the pack", func(w *packWriter) { w.offsets[a] = 1 << 30 }, "outside of the pack"},
		{"a delta for another base", func(w *packWriter) {
			w.add(b, byte(Blob), 4, nil, []byte("four"))
			w.add(a, referenceDelta, 6, b[:], deltaTo(3, "one"))
		}, "applied to one of 4"},
		{"a delta that copies beyond its base", func(w *packWriter) {
			w.add(b, byte(Blob), 4, nil, []byte("four"))
			w.add(a, referenceDelta, 5, b[:], []byte{4, 4, 0x91, 1, 4})
		}, "copies 4 bytes from 1"},
		{"a delta with a huge result", func(w *packWriter) {
			w.add(b, byte(Blob), 4, nil, []byte("four"))
			w.add(a, referenceDelta, 8, b[:], []byte{4, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x90, 4})
		}, ErrTooLarge.Error()},
		{"a delta that stops short", func(w *packWriter) {
			w.add(b, byte(Blob), 4, nil, []byte("four"))
			w.add(a, referenceDelta, 4, b[:], []byte{4, 9, 0x90, 4})
		}, "leaves the last 5"},
		{"an empty delta", func(w *packWriter) {
			w.add(b, byte(Blob), 4, nil, []byte("four"))
			w.add(a, referenceDelta, 0, b[:], nil)
		}, "delta for a base"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRepo(t)
			w := newPackWriter()
			test.fill(w)
			w.install(r)
			s := r.open(Options{})
			_, _, err := s.Get(background, a)
			require.Error(t, err)
			assert.Contains(t, err.Error(), a.String())
			assert.Contains(t, err.Error(), test.says)
			_, _, _ = s.Stat(background, a) // may know type and size all the same
		})
	}
}

func TestAChainIsAsLongAsGitMakesThem(t *testing.T) {
	id := func(i int) (h stage.Hash) {
		binary.BigEndian.PutUint32(h[:], uint32(i+1)*2654435761)
		return h
	}
	r := newRepo(t)
	w := newPackWriter()
	last := w.add(id(0), byte(Blob), 4, nil, []byte("base"))
	for i := 1; i <= longestChain+1; i++ {
		at := uint64(w.pack.Len())
		w.add(id(i), offsetDelta, 7, distance(at-last), deltaTo(4, fmt.Sprintf("%04x", i)))
		last = at
	}
	w.install(r)
	for _, s := range []*Store{r.open(Options{CacheBytes: 1}), r.open(Options{})} {
		content, err := s.Blob(background, id(longestChain))
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("%04x", longestChain), string(content))
	}
	_, err := r.open(Options{CacheBytes: 1}).Blob(background, id(longestChain+1))
	require.ErrorIs(t, err, ErrCorrupt)
}

func TestASoundCopyIsFoundBehindACorruptOne(t *testing.T) {
	r := newRepo(t)
	id, err := stage.ParseHash(r.gitWith(strings.NewReader("text"), "hash-object", "--stdin"))
	require.NoError(t, err)
	w := newPackWriter()
	w.add(id, byte(Blob), 9, nil, []byte("text"))
	w.install(r)
	_, err = r.open(Options{}).Blob(background, id)
	require.ErrorIs(t, err, ErrCorrupt)

	w = newPackWriter()
	w.add(id, byte(Blob), 4, nil, []byte("text"))
	w.install(r)
	content, err := r.open(Options{}).Blob(background, id)
	require.NoError(t, err)
	assert.Equal(t, "text", string(content))

	loose := newRepo(t)
	w = newPackWriter()
	w.add(id, byte(Blob), 9, nil, []byte("text"))
	w.install(loose)
	hex := id.String()
	require.NoError(t, os.MkdirAll(loose.dir+"/.git/objects/"+hex[:2], 0o755))
	require.NoError(t, os.WriteFile(loose.dir+"/.git/objects/"+hex[:2]+"/"+hex[2:], deflated([]byte("blob 4\x00text")), 0o644))
	content, err = loose.open(Options{}).Blob(background, id)
	require.NoError(t, err)
	assert.Equal(t, "text", string(content))
}

func TestHostileLooseObjects(t *testing.T) {
	r := newRepo(t)
	id := stage.Hash{0x12}
	hex := id.String()
	name := filepath.Join(r.dir, ".git/objects", hex[:2], hex[2:])
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	s := openStore(t, r.dir, Options{CacheBytes: 1})
	for _, test := range []struct{ name, file, says string }{
		{"empty file", "", ""},
		{"not compressed", "blob 4\x00text", "compressed data"},
		{"no header", string(deflated(nil)), "header"},
		{"no end of the header", string(deflated([]byte("blob 4444444444444444444444444444444444444444444444444444"))), "header"},
		{"unknown type", string(deflated([]byte("blub 4\x00text"))), "unknown object type"},
		{"no size", string(deflated([]byte("blob \x00text"))), "header"},
		{"signed size", string(deflated([]byte("blob +4\x00text"))), "header"},
		{"negative size", string(deflated([]byte("blob -4\x00text"))), "header"},
		{"size out of range", string(deflated([]byte("blob 99999999999999999999\x00text"))), "header"},
		{"too much claimed", string(deflated([]byte("blob 5\x00text"))), "ends early"},
		{"far too much claimed", string(deflated([]byte("blob 999999999\x00text"))), "more than its file can hold"},
		{"over the limit", string(deflated([]byte("blob 9999999999999\x00text"))), ErrTooLarge.Error()},
		{"too little claimed", string(deflated([]byte("blob 3\x00text"))), "longer than"},
		{"far too little claimed", string(deflated(append([]byte("blob 64\x00"), make([]byte, 1000)...))), "longer than"},
		{"truncated", string(deflated([]byte("blob 4\x00text"))[:14]), ""},
		{"wrong checksum", string(deflated([]byte("blob 4\x00text"))[:18]) + "\x00\x00\x00", ""},
		{"more behind", string(deflated([]byte("blob 4\x00text"))) + "x", "1 bytes follow"},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(name, []byte(test.file), 0o644))
			_, _, err := s.Get(background, id)
			require.Error(t, err)
			require.NotErrorIs(t, err, stage.ErrMissing)
			assert.Contains(t, err.Error(), hex)
			assert.Contains(t, err.Error(), test.says)
			_, _, _ = s.Stat(background, id)
		})
	}
	require.NoError(t, os.WriteFile(name, deflated([]byte("blob 4\x00text")), 0o644))
	content, err := s.Blob(background, id)
	require.NoError(t, err)
	assert.Equal(t, "text", string(content))
}

func TestAPackThatIsTruncatedUnderUs(t *testing.T) {
	for _, byPieces := range []bool{false, true} {
		r := newRepo(t).history(30)
		s := r.open(Options{})
		if byPieces {
			(*s.packs.Load())[0].readByPieces()
		}
		require.NoError(t, os.Chmod(r.packFiles(".pack")[0], 0o644))
		require.NoError(t, os.Truncate(r.packFiles(".pack")[0], 0))
		_, _, err := s.Get(background, r.idByIndex(s, 7))
		require.ErrorIs(t, err, ErrCorrupt)
		assert.Contains(t, err.Error(), "truncated")
	}
}

// idByIndex asks an index instead of git, which may not work any more.
func (r testRepo) idByIndex(s *Store, i int) stage.Hash {
	return (*s.packs.Load())[0].index.id(i)
}

func TestIndexesThatDoNotFit(t *testing.T) {
	w := newPackWriter()
	w.add(stage.Hash{1}, byte(Blob), 4, nil, []byte("four"))
	w.add(stage.Hash{0xff}, byte(Blob), 4, nil, []byte("five"))
	pack, index := w.files()
	x, err := parseIndex(index)
	require.NoError(t, err)
	_, err = parsePack(pack, x)
	require.NoError(t, err)

	for n := range index {
		_, err := parseIndex(index[:n])
		require.ErrorIs(t, err, ErrCorrupt, "truncated to %d bytes", n)
	}
	for n := range pack {
		_, err := parsePack(pack[:n], x)
		require.ErrorIs(t, err, ErrCorrupt, "truncated to %d bytes", n)
	}
	broken := func(at int, with byte) []byte {
		b := bytes.Clone(index)
		b[at] = with
		return b
	}
	_, err = parseIndex(broken(7, 3))
	assert.ErrorIs(t, err, errUnsupported)
	_, err = parseIndex(broken(8+4, 9))
	assert.ErrorIs(t, err, ErrCorrupt, "the fanout decreases")
	x, err = parseIndex(broken(len(index)-40, 9))
	require.NoError(t, err)
	_, err = parsePack(pack, x)
	assert.ErrorContains(t, err, "another pack")
	x, err = parseIndex(broken(len(index)-48, 0x80))
	require.NoError(t, err)
	_, _, err = x.find(&stage.Hash{1})
	assert.ErrorContains(t, err, "large offset")

	later := bytes.Clone(pack)
	later[7] = 4
	_, err = parsePack(later, x)
	assert.ErrorIs(t, err, errUnsupported)
}

func TestIdsAreFoundHoweverTheyAreSpread(t *testing.T) {
	spreads := map[string]func(i int) stage.Hash{
		"evenly": func(i int) stage.Hash {
			return sha1.Sum(binary.BigEndian.AppendUint32(nil, uint32(i)))
		},
		"in one place": func(i int) (h stage.Hash) { binary.BigEndian.PutUint32(h[16:], uint32(i)); return h },
		"at both ends": func(i int) (h stage.Hash) {
			binary.BigEndian.PutUint32(h[1:], uint32(i%2)*0xffffff00+uint32(i)&0xff)
			binary.BigEndian.PutUint32(h[5:], uint32(i))
			return h
		},
		"exponentially": func(i int) (h stage.Hash) {
			binary.BigEndian.PutUint64(h[1:], 1<<(i%56))
			binary.BigEndian.PutUint32(h[9:], uint32(i))
			return h
		},
	}
	for name, id := range spreads {
		t.Run(name, func(t *testing.T) {
			w := newPackWriter()
			const n = 2000
			for i := range n {
				w.offsets[id(i)] = uint64(i)
			}
			_, file := w.files()
			x, err := parseIndex(file)
			require.NoError(t, err)
			for i := range n {
				h := id(i)
				offset, found, err := x.find(&h)
				require.NoError(t, err)
				require.True(t, found)
				require.EqualValues(t, i, offset)
				h[19] ^= 0x80
				_, found, _ = x.find(&h)
				_, want := w.offsets[h]
				require.Equal(t, want, found)
			}
		})
	}
}

func TestApplyDelta(t *testing.T) {
	base := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	size := binary.AppendUvarint(nil, uint64(len(base)))
	for _, test := range []struct {
		name   string
		result uint64
		ops    []byte
		want   string
	}{
		{"nothing", 0, nil, ""},
		{"insert", 3, []byte{3, 'a', 'b', 'c'}, "abc"},
		{"copy from the start", 4, []byte{0x90, 4}, "0123"},
		{"copy from far away", 4, []byte{0x97, 0x02, 0x00, 0x01, 4}, string(base[0x10002:0x10006])},
		{"copy of 64 KiB", 0x10000, []byte{0x80}, string(base[:0x10000])},
		{"three bytes of length", 0x20000, []byte{0xc0, 2}, string(base[:0x20000])},
		{"a mixture", 6, []byte{0x91, 8, 2, 2, 'x', 'y', 0x91, 10, 2}, "89xyab"},
	} {
		t.Run(test.name, func(t *testing.T) {
			delta := append(binary.AppendUvarint(bytes.Clone(size), test.result), test.ops...)
			got, err := applyDelta(base, delta, 1<<30, uncleared)
			require.NoError(t, err)
			assert.NotNil(t, got, "nil would say that there is no content")
			assert.True(t, test.want == string(got))
			for n := range delta {
				_, err := applyDelta(base, delta[:n], 1<<30, uncleared)
				assert.Error(t, err, "cut to %d bytes", n)
			}
		})
	}
	_, err := applyDelta(base, append(bytes.Clone(size), 1, 0), 1, uncleared)
	assert.ErrorIs(t, err, ErrCorrupt, "instruction 0 is reserved")
}
