package bench

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// BenchmarkObjects reads the blobs that the sample changes: those that the pack
// holds whole, which is inflating and little else, those that it holds as
// chains of deltas, and all of them from the cache.
func BenchmarkObjects(b *testing.B) {
	whole, deltas := packedBlobs(b)
	for _, bench := range []struct {
		name       string
		blobs      []object
		cacheBytes int
	}{
		{"inflate", whole, 1}, // no object fits into so small a cache
		{"delta", deltas, 1},
		{"cached", append(whole, deltas...), 1 << 30},
	} {
		b.Run(bench.name, func(b *testing.B) {
			git := opened(b, &source.Git{Repo: repository(b), Revisions: []string{"--max-count=1", "HEAD"}, CacheBytes: bench.cacheBytes})
			blobs := commitsOf(b, git)[0].Blobs
			measure(b, amount{len(bench.blobs), "object", sizeOf(bench.blobs)}, func() {
				for _, blob := range bench.blobs {
					content, err := blobs.Blob(b.Context(), blob.id)
					if err != nil || len(content) != blob.size {
						b.Fatalf("%s: %d bytes instead of %d: %v", blob.id, len(content), blob.size, err)
					}
				}
			})
		})
	}
}

// maxObjects bounds what BenchmarkObjects reads of each kind.
const maxObjects = 5000

// packedBlobs lists blobs that the sample changes, by how packs hold them.
func packedBlobs(b *testing.B) (whole, deltas []object) {
	b.Helper()
	var ids []stage.Hash
	for _, c := range commitsOf(b, sampled(b)) {
		for _, f := range c.Files {
			ids = append(ids, f.OldID, f.NewID)
		}
	}
	slices.SortFunc(ids, func(x, y stage.Hash) int { return bytes.Compare(x[:], y[:]) })
	for _, o := range described(b, slices.Compact(ids)) {
		list := &deltas
		if o.whole {
			list = &whole
		}
		if o.kind == "blob" && len(*list) < maxObjects {
			*list = append(*list, o)
		}
	}
	return whole, deltas
}

// object is what git knows of an object.
type object struct {
	id    stage.Hash
	kind  string
	size  int
	whole bool // no delta
}

// described asks git about objects. It leaves out those that are missing.
func described(b *testing.B, ids []stage.Hash) (objects []object) {
	b.Helper()
	var input strings.Builder
	for _, id := range ids {
		fmt.Fprintln(&input, id)
	}
	answers := gitOutput(b, strings.NewReader(input.String()), repository(b),
		"cat-file", "--buffer", "--batch-check=%(objectname) %(objecttype) %(objectsize) %(deltabase)")
	for answer := range strings.Lines(answers) {
		var name, base string
		var o object
		if n, _ := fmt.Sscan(answer, &name, &o.kind, &o.size, &base); n < 4 {
			continue
		}
		id, err := stage.ParseHash(name)
		require.NoError(b, err)
		o.id, o.whole = id, strings.Trim(base, "0") == ""
		objects = append(objects, o)
	}
	return objects
}

func sizeOf(objects []object) (size int) {
	for _, o := range objects {
		size += o.size
	}
	return size
}
