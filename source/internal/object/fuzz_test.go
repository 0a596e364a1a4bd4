package object

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// samples are texts of the kinds that compressors treat differently.
func samples() map[string][]byte {
	random := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 70_000)
	letters := make([]byte, 70_000)
	skewed := make([]byte, 200_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
		letters[i] = "eeeeeeetttaaoin\n"[random.IntN(16)]
	}
	for i := range skewed { // frequencies that halve make the longest codes
		for skewed[i] < 40 && random.IntN(2) == 0 {
			skewed[i]++
		}
	}
	var text []byte
	for i := range 4000 {
		text = fmt.Appendf(text, "line %d of a text with %x in it\n", i%97, random.Uint32()%1000)
	}
	var far []byte // repeats at every distance up to the largest
	for n := 1; n < 40_000; n = n*5/4 + 1 {
		far = append(append(far, noise[:min(n, len(noise))]...), noise[:min(n, 300)]...)
	}
	return map[string][]byte{
		"empty": {}, "one": {'x'}, "short": []byte("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"),
		"zeros": make([]byte, 100_000), "noise": noise, "letters": letters, "skewed": skewed, "text": text, "far": far,
		"pairs": bytes.Repeat([]byte("ab"), 5000), "sevens": bytes.Repeat([]byte("1234567"), 5000),
	}
}

func TestTheQuickWayNeedsNoHelpWithSoundStreams(t *testing.T) {
	var d deflate
	for name, text := range samples() {
		for level := zlib.HuffmanOnly; level <= zlib.BestCompression; level++ {
			var out bytes.Buffer
			z, err := zlib.NewWriterLevel(&out, level)
			require.NoError(t, err)
			for i := 0; i < len(text); i += 30_000 { // several blocks
				_, _ = z.Write(text[i:min(i+30_000, len(text))])
				_ = z.Flush()
			}
			require.NoError(t, z.Close())
			dst, more := guarded(t, len(text)), make([]byte, len(text)+1)
			source := guarded(t, out.Len())
			copy(source, out.Bytes())
			eachWay(func(way string) {
				for _, behind := range []string{"", "and more behind it"} {
					clear(dst)
					source := source
					if behind != "" {
						source = append(bytes.Clone(source), behind...)
					}
					require.True(t, d.inflate(dst, source), "%s at level %d %s", name, level, way)
					require.True(t, bytes.Equal(text, dst), "%s at level %d %s", name, level, way)
				}
				require.False(t, d.inflate(more, source))
				for range 20 {
					require.False(t, d.inflate(dst, source[:rand.IntN(len(source))]))
				}
			})
		}
	}
}

// FuzzInflate holds the quick way against the library: where it says yes, so
// must the library, with the same bytes.
func FuzzInflate(f *testing.F) {
	for _, text := range samples() {
		if len(text) > 5000 {
			text = text[:5000]
		}
		for _, level := range []int{zlib.HuffmanOnly, zlib.NoCompression, zlib.BestSpeed, zlib.BestCompression} {
			var out bytes.Buffer
			z, _ := zlib.NewWriterLevel(&out, level)
			_, _ = z.Write(text)
			_ = z.Close()
			f.Add(out.Bytes(), len(text))
		}
	}
	var quick deflate
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		if size < 0 || size > 1<<16 {
			return
		}
		eachWay(func(way string) {
			dst := make([]byte, size)
			if !quick.inflate(dst, stream) {
				return
			}
			z, err := zlib.NewReader(bytes.NewReader(stream))
			require.NoError(t, err)
			want, err := io.ReadAll(z)
			require.NoError(t, err)
			require.Equal(t, want, dst, way)
		})
	})
}

// FuzzDeflateBody is FuzzInflate without the checksum, which fuzzing cannot
// guess: whatever block decodes must decode to what the library reads.
func FuzzDeflateBody(f *testing.F) {
	for _, text := range samples() {
		f.Add(deflated(text[:min(len(text), 3000)]), min(len(text), 3000))
	}
	var quick deflate
	// Both end where memory does, as far as they go.
	to, from := guarded(f, 1<<16), guarded(f, 1<<16)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		if size < 0 || size > len(to) || len(stream) > len(from) || len(stream) < 6 || stream[0] != 0x78 || stream[1] != 0x9c {
			return
		}
		source := from[len(from)-len(stream):]
		copy(source, stream)
		z, err := zlib.NewReader(bytes.NewReader(stream))
		require.NoError(t, err)
		theirs, err := io.ReadAll(io.LimitReader(z, int64(size)+1))
		eachWay(func(way string) {
			ours := to[len(to)-size:]
			clear(ours)
			accepted := quick.inflate(ours, source)
			switch {
			case err == nil && len(theirs) == size:
				require.Equal(t, theirs, ours, way)
			case errors.Is(err, zlib.ErrChecksum) && len(theirs) == size:
				// Sound but for the checksum: ours must have read the same.
				require.False(t, accepted, way)
				require.Equal(t, theirs, ours, way)
			default:
				require.False(t, accepted, way)
			}
		})
	})
}

func FuzzDelta(f *testing.F) {
	f.Add([]byte("base text"), []byte{9, 3, 3, 'a', 'b', 'c'})
	f.Add([]byte("base text"), []byte{9, 4, 0x91, 5, 4})
	f.Add([]byte("base text"), []byte{9, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x80})
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		const limit = 1 << 20
		out, err := applyDelta(base, delta, limit, uncleared)
		if err != nil {
			return
		}
		_, rest, _ := deltaSize(delta)
		size, _, _ := deltaSize(rest)
		assert.EqualValues(t, size, len(out))
		assert.LessOrEqual(t, len(out), limit)
	})
}

func FuzzIndex(f *testing.F) {
	w := newPackWriter()
	w.add(stage.Hash{1, 2}, byte(Blob), 4, nil, []byte("four"))
	w.add(stage.Hash{1, 3}, byte(Blob), 4, nil, []byte("five"))
	_, index := w.files()
	f.Add(index)
	f.Add(append(make([]byte, fanoutSize), make([]byte, indexTrailer)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := parseIndex(data)
		if err != nil {
			return
		}
		for i := range min(x.count, 50) {
			id := x.id(i)
			_, _, _ = x.find(&id)
			id[19]++
			_, _, _ = x.find(&id)
		}
	})
}

func FuzzLoose(f *testing.F) {
	for _, object := range []string{"blob 4\x00text", "commit 0\x00", "tag 5\x00text", "blob"} {
		f.Add([]byte(object))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		for _, file := range [][]byte{object, deflated(object)} {
			typ, content, err := inflateLoose(file, 1<<20)
			if err != nil {
				continue
			}
			gotType, size, err := looseSize(file)
			require.NoError(t, err)
			assert.Equal(t, typ, gotType)
			assert.EqualValues(t, size, len(content))
		}
	})
}

// FuzzPack changes bytes of a real pack and its index. Where only compressed
// data were changed every object must come out right, or fail; elsewhere,
// where no checksum guards, nothing worse may happen than a wrong object.
func FuzzPack(f *testing.F) {
	r := newRepo(f).history(6)
	r.git("repack", "-adfq")
	sound := map[stage.Hash][]byte{}
	eachObject(f, r.dir+"/.git", func(id stage.Hash, _ Type, content []byte) { sound[id] = bytes.Clone(content) })
	read := func(suffix string) []byte {
		file, err := os.ReadFile(r.packFiles(suffix)[0])
		require.NoError(f, err)
		return file
	}
	packed, index := read(".pack"), read(".idx")
	guarded := compressedBytes(f, packed, index)
	f.Add(uint32(20), []byte{0xff}, uint32(0), []byte{})
	f.Add(uint32(200), []byte{0, 0, 0}, uint32(1100), []byte{1, 2})
	f.Add(uint32(len(packed)), []byte{}, uint32(len(index)-50), []byte{0x80})
	f.Fuzz(func(t *testing.T, at uint32, with []byte, indexAt uint32, indexWith []byte) {
		file, fileIndex := bytes.Clone(packed), bytes.Clone(index)
		start := min(int(at), len(packed)-hashSize) // the trailer stays, or nothing would be read at all
		changed := copy(file[start:len(packed)-hashSize], with)
		copy(fileIndex[min(int(indexAt), len(index)):], indexWith)
		harmless := len(indexWith) == 0 && !slices.Contains(guarded[start:start+changed], false)
		x, err := parseIndex(fileIndex)
		if err != nil {
			return
		}
		data, err := parsePack(file, x)
		if err != nil {
			return
		}
		p := &pack{number: 1, index: x, data: data}
		byPieces := &pack{number: 1, index: x, data: data, file: unclosed{bytes.NewReader(data)}}
		store := func() *Store { return &Store{limit: 1 << 20, baseLimit: 1 << 20, cache: newCache(1 << 20)} }
		s, other := store(), store()
		for id, want := range sound {
			o, err := s.fromPack(background, p, &id, true)
			if err == nil {
				require.True(t, !harmless || bytes.Equal(want, o.content), "%s is neither right nor refused", id)
				require.LessOrEqual(t, len(o.content), 1<<20)
			}
			short, shortErr := s.fromPack(background, p, &id, false)

			same, sameErr := other.fromPack(background, byPieces, &id, true)
			require.Equal(t, o, same)
			require.Equal(t, err, sameErr)
			same, sameErr = other.fromPack(background, byPieces, &id, false)
			require.Equal(t, short, same)
			require.Equal(t, shortErr, sameErr)
		}
	})
}

// unclosed is a pack's file for tests.
type unclosed struct{ *bytes.Reader }

func (unclosed) Close() error { return nil }

// compressedBytes tells for each byte of a pack whether it belongs to an
// entry's compressed data.
func compressedBytes(f *testing.F, file, indexFile []byte) []bool {
	x, err := parseIndex(indexFile)
	require.NoError(f, err)
	data, err := parsePack(file, x)
	require.NoError(f, err)
	guarded := make([]bool, len(file))
	for i := packHeader; i < len(data); i++ {
		guarded[i] = true
	}
	for i := range x.count {
		offset, err := x.offset(i)
		require.NoError(f, err)
		e, err := (&pack{index: x, data: data}).entry(offset)
		require.NoError(f, err)
		for at := int(offset); at < len(data)-len(e.body); at++ {
			guarded[at] = false
		}
	}
	return guarded
}
