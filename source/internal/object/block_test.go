package object

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// manyCommits makes a repository with one pack, in which n commits fill blocks of
// their own and some are deltas.
func manyCommits(t testing.TB, n int) testRepo {
	r := newRepo(t)
	var in strings.Builder
	long := strings.Repeat("A line that all the messages have, so that there are deltas.\n", 20)
	for i := range n {
		message := fmt.Sprintf("commit %d\n\n%s", i, long)
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata %d\n%s\n", 1112911993+i, len(message), message)
		fmt.Fprintf(&in, "M 100644 inline f%d\ndata 20\n%020d\n", i%50, i)
	}
	r.gitWith(strings.NewReader(in.String()), "fast-import", "--quiet")
	r.git("-c", "pack.threads=1", "repack", "-adfq", "--depth=20")
	require.Len(t, r.packFiles(".pack"), 1)
	return r
}

// commitsOf reads all blocks of a commit's pack from its own on.
func commitsOf(ctx context.Context, blocks *Blocks, id stage.Hash) map[stage.Hash]string {
	read := map[stage.Hash]string{}
	for block, ok := blocks.Of(id); ok; block, ok = block.Next() {
		blocks.Commits(ctx, block, func(id stage.Hash, raw []byte) { read[id] = string(raw) })
	}
	return read
}

func TestCommitsAreReadByTheBlock(t *testing.T) {
	r := manyCommits(t, 2000)
	s := r.open(Options{})
	read := commitsOf(t.Context(), s.Blocks(), r.id("main"))

	deltas := 0
	for line := range strings.Lines(r.git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname) %(deltabase)")) {
		fields := strings.Fields(line)
		if fields[0] != "commit" {
			continue
		}
		id, err := stage.ParseHash(fields[1])
		require.NoError(t, err)
		if content, ok := read[id]; ok {
			want, err := s.Commit(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, string(want), content)
			if strings.Trim(fields[2], "0") != "" {
				deltas++
			}
		}
	}
	// Blocks that hold trees as well need not be read.
	assert.Greater(t, len(read), 1900)
	assert.Positive(t, deltas)
}

// git-fast-import(1) writes commits among trees and blobs, the oldest first.
func TestCommitsAmongTreesAreReadByTheBlock(t *testing.T) {
	r := newRepo(t)
	const n = 3000
	var in strings.Builder
	for i := range n {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 2\nm\n", 1112911993+i)
		fmt.Fprintf(&in, "M 100644 inline d%d/f\ndata 20\n%020d\n", i%50, i)
	}
	r.gitWith(strings.NewReader(in.String()), "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
	require.Len(t, r.packFiles(".pack"), 1)
	s := r.open(Options{})
	blocks := s.Blocks()
	youngest, ok := blocks.Of(r.id("main"))
	require.True(t, ok)
	read, last := 0, youngest
	for block := youngest; ok; block, ok = block.Previous() {
		assert.Equal(t, block != youngest, block.Precedes(youngest))
		blocks.Commits(t.Context(), block, func(id stage.Hash, raw []byte) {
			want, err := s.Commit(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, string(want), string(raw))
			read++
		})
		last = block
	}
	assert.Equal(t, n, read)
	assert.Zero(t, last.number)
	assert.Greater(t, youngest.number, 3)
}

// What would not be read by itself is not read by the block either.
func TestBlocksLeaveOutWhatIsOverTheLimit(t *testing.T) {
	r := manyCommits(t, 500)
	s := r.open(Options{MaxObject: 600})
	commits := commitsOf(t.Context(), s.Blocks(), r.id("main"))
	for _, content := range commits {
		assert.LessOrEqual(t, len(content), 600)
	}
	_, err := s.Commit(t.Context(), r.id("main"))
	require.ErrorIs(t, err, ErrTooLarge)
	assert.Empty(t, commits)
}

func TestBlocksLeaveReplacedCommitsOut(t *testing.T) {
	r := manyCommits(t, 500)
	replaced := r.id("main~10")
	r.git("replace", "main~10", "main~20")
	s := r.open(Options{})
	blocks := s.Blocks()
	_, ok := blocks.Of(replaced)
	assert.False(t, ok)
	read := commitsOf(t.Context(), blocks, r.id("main"))
	assert.NotContains(t, read, replaced)
	assert.Contains(t, read, r.id("main~11"))
}

func TestWhereThereIsNoBlock(t *testing.T) {
	r := manyCommits(t, 500)
	r.git("commit", "-q", "--allow-empty", "-m", "loose")
	s := r.open(Options{})
	blocks := s.Blocks()
	_, ok := blocks.Of(r.id("main"))
	assert.False(t, ok, "a loose object")
	_, ok = blocks.Of(stage.Hash{1})
	assert.False(t, ok, "no object")
	block, ok := blocks.Of(r.id("main~1"))
	require.True(t, ok)
	blobs, ok := blocks.Of(r.id("main~1:f1"))
	require.True(t, ok)
	blocks.Commits(t.Context(), blobs, func(id stage.Hash, _ []byte) { assert.Fail(t, "a commit among blobs", id) })

	require.NoError(t, s.Close())
	blocks.Commits(t.Context(), block, func(id stage.Hash, _ []byte) { assert.Fail(t, "read after Close", id) })
	_, ok = blocks.Of(r.id("main~1"))
	assert.False(t, ok, "after Close")
}

func TestBlocksOfATruncatedPack(t *testing.T) {
	r := manyCommits(t, 1000)
	s := r.open(Options{})
	blocks := s.Blocks()
	block, ok := blocks.Of(r.id("main~400"))
	require.True(t, ok)
	require.NoError(t, os.Chmod(r.packFiles(".pack")[0], 0o600))
	require.NoError(t, os.Truncate(r.packFiles(".pack")[0], 100))
	blocks.Commits(t.Context(), block, func(id stage.Hash, _ []byte) { assert.Fail(t, "read from nothing", id) })
}

// Every object is in one block, and in the one that it begins in.
func TestBlockTable(t *testing.T) {
	s := newRepo(t).history(200).open(Options{})
	for _, p := range *s.packs.Load() {
		table := newBlockTable(p)
		seen := map[uint32]bool{}
		for n := range len(table.starts) - 1 {
			for _, i := range table.objects(n) {
				offset, err := p.index.offset(int(i))
				require.NoError(t, err)
				assert.Equal(t, n, int(offset>>blockBits))
				seen[i] = true
			}
		}
		assert.Len(t, seen, p.index.count)
	}
}
