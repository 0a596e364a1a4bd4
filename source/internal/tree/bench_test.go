package tree_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/gitoracle"
	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/stage"
)

// BenchmarkWideTree compares two trees of 1,500 files in one directory and 1 MB
// of other directories around it, where one file differs. The bytes are those
// of the trees that are read.
func BenchmarkWideTree(b *testing.B) {
	for _, width := range []int{30, 300, 3000} {
		b.Run(fmt.Sprintf("width=%d", width), func(b *testing.B) {
			objects := memory{}
			side := func(version byte) stage.Hash {
				var wide, root []byte
				for i := range width {
					id := stage.Hash{1, byte(i >> 8), byte(i)}
					if i == width/2 {
						id[19] = version
					}
					wide = appendEntry(wide, "100644", fmt.Sprintf("some_board_%05d_defconfig", i), id)
				}
				wideID := objects.put(wide)
				for i := range 30 {
					id := stage.Hash{2, byte(i)}
					if i == 10 {
						id = wideID
					}
					root = appendEntry(root, "40000", fmt.Sprintf("directory%02d", i), id)
				}
				return objects.put(root)
			}
			before, after := side(0), side(1)
			size := 0
			for _, data := range objects {
				size += len(data)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				files, err := tree.Diff(b.Context(), objects, before, after, tree.Options{})
				if err != nil || len(files) != 1 {
					b.Fatal(files, err)
				}
			}
		})
	}
}

// BenchmarkRoot lists all 20,000 files of a first commit.
func BenchmarkRoot(b *testing.B) {
	objects := memory{}
	var root []byte
	for i := range 400 {
		var dir []byte
		for n := range 50 {
			dir = appendEntry(dir, "100644", fmt.Sprintf("file%02d.c", n), stage.Hash{1, byte(i), byte(n)})
		}
		root = appendEntry(root, "40000", fmt.Sprintf("directory%03d", i), objects.put(dir))
	}
	id := objects.put(root)
	b.ReportAllocs()
	for b.Loop() {
		files, err := tree.Diff(b.Context(), objects, stage.Hash{}, id, tree.Options{})
		if err != nil || len(files) != 20_000 {
			b.Fatal(len(files), err)
		}
	}
}

// BenchmarkHistory compares the trees of a real history's last commits, all of
// which are in memory. One iteration is one commit.
func BenchmarkHistory(b *testing.B) {
	dir := os.Getenv("COMMITFLOW_REPO")
	if dir == "" {
		b.Skip("set COMMITFLOW_REPO to a git directory to compare the trees of its history")
	}
	repo := gitoracle.Repo{Dir: dir}
	commits := repo.Log(b, "HEAD", "--max-count=5000", "--no-renames")
	source := counting{Trees: repo.Objects(b)}
	diff := func(c gitoracle.Commit) {
		_, err := tree.Diff(b.Context(), &source, c.Parent, c.Tree, tree.Options{})
		require.NoError(b, err)
	}
	for _, c := range commits {
		diff(c)
	}
	b.SetBytes(source.bytes / int64(len(commits)))
	b.ReportMetric(float64(source.trees)/float64(len(commits)), "trees/op")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		diff(commits[i%len(commits)])
	}
}

// counting counts what is read.
type counting struct {
	tree.Trees
	trees, bytes int64
}

func (c *counting) Tree(ctx context.Context, id stage.Hash) ([]byte, error) {
	data, err := c.Trees.Tree(ctx, id)
	c.trees++
	c.bytes += int64(len(data))
	return data, err
}
