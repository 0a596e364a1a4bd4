package rename_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/commitflow/commitflow/source/internal/rename"
	"github.com/commitflow/commitflow/stage"
)

// memory holds blobs.
type memory map[stage.Hash][]byte

func (m memory) Blob(_ context.Context, id stage.Hash) ([]byte, error) {
	data, ok := m[id]
	if !ok {
		return nil, fmt.Errorf("object %s: %w", id, stage.ErrMissing)
	}
	return data, nil
}

func (m memory) Size(ctx context.Context, id stage.Hash) (int64, error) {
	data, err := m.Blob(ctx, id)
	return int64(len(data)), err
}

// BenchmarkMatrix looks for the sources of n files among n deleted ones, all of
// about 10 kB, in which a fifth of the lines differ. No base names are equal.
// The bytes are those of all files.
func BenchmarkMatrix(b *testing.B) {
	for _, n := range []int{1, 10, 100, 400} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			blobs := memory{}
			var changes []stage.FileChange
			size := 0
			for i := range n {
				before := randomLines(r, 300, 2000)
				after := randomLines(r, 60, 2000)
				after = append(after, before[len(before)/5:]...)
				oldID, newID := stage.Hash{1, byte(i >> 8), byte(i)}, stage.Hash{2, byte(i >> 8), byte(i)}
				blobs[oldID], blobs[newID] = before, after
				size += len(before) + len(after)
				changes = append(changes,
					stage.FileChange{Kind: stage.Deleted, OldPath: fmt.Sprintf("old/%d.c", i), OldMode: stage.ModeRegular, OldID: oldID},
					stage.FileChange{Kind: stage.Added, NewPath: fmt.Sprintf("new/%d.c", n+i), NewMode: stage.ModeRegular, NewID: newID},
				)
			}
			scratch := make([]stage.FileChange, len(changes))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				copy(scratch, changes)
				files, _, err := rename.Detect(b.Context(), blobs, scratch, rename.Options{})
				if err != nil || len(files) != n {
					b.Fatal(len(files), err)
				}
			}
		})
	}
}

// randomLines makes lines of about 33 bytes, each one of the given number.
func randomLines(r *rand.Rand, lines, different int) []byte {
	var out bytes.Buffer
	for range lines {
		n := r.IntN(different)
		fmt.Fprintf(&out, "\tline %d %*s;\n", n, n%50, "x")
	}
	return out.Bytes()
}
