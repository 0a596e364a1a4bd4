package object

import (
	"bytes"
	"cmp"
	stdzlib "compress/zlib"
	"context"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// benchRepo gives the repository that COMMITFLOW_REPO names, else a small one.
func benchRepo(b *testing.B) (dir string) {
	if dir := os.Getenv("COMMITFLOW_REPO"); dir != "" {
		return dir
	}
	r := newRepo(b).history(300)
	r.git("repack", "-adfq")
	return r.dir
}

// sampleSize and sampleRun bound what one round of a benchmark reads: runs of
// neighbours, spread evenly over the packs.
const (
	sampleSize = 200_000
	sampleRun  = 2_000
)

// objectsInPackOrder lists about limit objects of all packs.
func objectsInPackOrder(s *Store, limit int) []stage.Hash {
	type at struct {
		offset uint64
		id     stage.Hash
	}
	var ids []stage.Hash
	for _, p := range *s.packs.Load() {
		all := make([]at, p.index.count)
		for i := range all {
			all[i].offset, _ = p.index.offset(i)
			all[i].id = p.index.id(i)
		}
		slices.SortFunc(all, func(a, b at) int { return cmp.Compare(a.offset, b.offset) })
		every := max(1, len(all)/limit)
		for i := range all {
			if i/sampleRun%every == 0 {
				ids = append(ids, all[i].id)
			}
		}
	}
	return ids
}

func readAll(b *testing.B, s *Store, ids []stage.Hash) (size int64) {
	for _, id := range ids {
		_, content, err := s.Get(context.Background(), id)
		if err != nil && !errors.Is(err, stage.ErrMissing) {
			b.Fatal(err)
		}
		size += int64(len(content))
	}
	return size
}

func BenchmarkObjects(b *testing.B) {
	dir := benchRepo(b)
	s := openStore(b, dir, Options{})
	inOrder := objectsInPackOrder(s, sampleSize)
	shuffled := slices.Clone(inOrder)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) {
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	})
	shuffled = shuffled[:min(len(shuffled), 20_000)]
	var commits []stage.Hash
	for _, id := range inOrder {
		if typ, _, err := s.Stat(context.Background(), id); err == nil && typ == Commit {
			commits = append(commits, id)
		}
	}
	for _, bench := range []struct {
		name string
		ids  []stage.Hash
	}{{"pack order", inOrder}, {"random order", shuffled}, {"commits", commits}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.cache = newCache(defaultCache)
				b.SetBytes(readAll(b, s, bench.ids))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(bench.ids)), "ns/object")
		})
	}
	b.Run("git cat-file in pack order", func(b *testing.B) {
		var list strings.Builder
		for _, id := range inOrder {
			fmt.Fprintln(&list, id)
		}
		for b.Loop() {
			cmd := exec.Command("git", "--git-dir="+s.repo.GitDir, "cat-file", "--batch", "--buffer")
			cmd.Stdin = strings.NewReader(list.String())
			var n counter
			cmd.Stdout = &n
			require.NoError(b, cmd.Run())
			b.SetBytes(int64(n))
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(inOrder)), "ns/object")
	})
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// BenchmarkHistory reads what a walk over the history reads: each commit, the
// trees that differ from its parent's, and both sides of the changed blobs.
func BenchmarkHistory(b *testing.B) {
	dir := benchRepo(b)
	requests := historyRequests(b, dir, 12_000)
	for _, megabytes := range []int{64, 256, 1024} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("cache=%dMiB/workers=%d", megabytes, workers), func(b *testing.B) {
				s := openStore(b, dir, Options{CacheBytes: megabytes << 20})
				b.ReportAllocs()
				for b.Loop() {
					s.cache = newCache(megabytes << 20)
					var next, size atomic.Int64
					var all sync.WaitGroup
					for range workers {
						all.Go(func() {
							const batch = 16
							for {
								i := int(next.Add(batch)) - batch
								if i >= len(requests) {
									return
								}
								for _, ids := range requests[i:min(i+batch, len(requests))] {
									size.Add(readAll(b, s, ids))
								}
							}
						})
					}
					all.Wait()
					b.SetBytes(size.Load())
				}
				hits, misses := s.cache.counts()
				b.ReportMetric(100*float64(hits)/float64(hits+misses), "%hits")
			})
		}
	}
}

// historyRequests lists, for commits up to a limit, oldest first, the objects
// that a diff against the first parent reads.
func historyRequests(b *testing.B, dir string, limit int) [][]stage.Hash {
	s := openStore(b, dir, Options{})
	ctx := context.Background()
	var requests [][]stage.Hash
	out, err := s.repo.Output(ctx, "rev-list", "--no-merges", "--reverse", "--topo-order", "HEAD")
	require.NoError(b, err)
	revisions := strings.Fields(string(out))
	start := max(0, len(revisions)/2-limit/2)
	tree := func(commit stage.Hash) (tree, parent stage.Hash) {
		content, err := s.Commit(ctx, commit)
		require.NoError(b, err)
		tree, err = stage.ParseHash(string(content[5:45]))
		require.NoError(b, err)
		if bytes.HasPrefix(content[46:], []byte("parent ")) {
			parent, err = stage.ParseHash(string(content[53:93]))
			require.NoError(b, err)
		}
		return tree, parent
	}
	for _, revision := range revisions[start:min(start+limit, len(revisions))] {
		id, err := stage.ParseHash(revision)
		require.NoError(b, err)
		after, parent := tree(id)
		ids := []stage.Hash{id}
		var before stage.Hash
		if !parent.IsZero() {
			before, _ = tree(parent)
			ids = append(ids, parent)
		}
		requests = append(requests, differing(b, s, before, after, ids))
	}
	return requests
}

// differing appends the trees and blobs that differ between two trees.
func differing(b *testing.B, s *Store, before, after stage.Hash, ids []stage.Hash) []stage.Hash {
	type side struct{ ids [2]stage.Hash }
	entries := map[string]*side{}
	for i, id := range []stage.Hash{before, after} {
		if id.IsZero() {
			continue
		}
		ids = append(ids, id)
		tree, err := s.Tree(context.Background(), id)
		require.NoError(b, err)
		for len(tree) > 0 {
			nul := bytes.IndexByte(tree, 0)
			name := string(tree[:nul])
			if entries[name] == nil {
				entries[name] = new(side)
			}
			copy(entries[name].ids[i][:], tree[nul+1:])
			tree = tree[nul+1+hashSize:]
		}
	}
	names := make([]string, 0, len(entries))
	for name, e := range entries {
		if e.ids[0] != e.ids[1] && !strings.HasPrefix(name, "160000") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		e := entries[name]
		if strings.HasPrefix(name, "40000 ") {
			ids = differing(b, s, e.ids[0], e.ids[1], ids)
			continue
		}
		for _, id := range e.ids {
			if !id.IsZero() {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// BenchmarkInflate compares ways to inflate the entries of a pack.
func BenchmarkInflate(b *testing.B) {
	s := openStore(b, benchRepo(b), Options{})
	var entries []entry
	var size int64
	for _, id := range objectsInPackOrder(s, sampleSize/10) {
		for _, p := range *s.packs.Load() {
			if offset, ok, _ := p.index.find(&id); ok {
				e, err := p.entry(offset)
				require.NoError(b, err)
				entries = append(entries, e)
				size += int64(e.size)
			}
		}
	}
	var out []byte
	each := func(b *testing.B, inflate func(dst, body []byte) error) {
		b.ReportAllocs()
		b.SetBytes(size)
		for b.Loop() {
			for i := range entries {
				e := &entries[i]
				if uint64(cap(out)) < e.size {
					out = make([]byte, e.size)
				}
				if err := inflate(out[:e.size], e.body); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	eachWay(func(way string) {
		b.Run("ours "+way, func(b *testing.B) {
			var f inflater
			each(b, f.inflate)
		})
	})
	b.Run("klauspost", func(b *testing.B) {
		var f inflater
		each(b, f.inflateByLibrary)
	})
	b.Run("compress/zlib", func(b *testing.B) {
		var source bytes.Reader
		var stream io.ReadCloser
		each(b, func(dst, body []byte) (err error) {
			source.Reset(body)
			if stream == nil {
				stream, err = stdzlib.NewReader(&source)
			} else {
				err = stream.(stdzlib.Resetter).Reset(&source, nil)
			}
			if err == nil {
				_, err = io.ReadFull(stream, dst)
			}
			return err
		})
	})
}

// BenchmarkFind looks up ids of a pack in random order, which is how a walk
// asks for them.
func BenchmarkFind(b *testing.B) {
	s := openStore(b, benchRepo(b), Options{})
	x := (*s.packs.Load())[0].index
	ids := make([]stage.Hash, x.count)
	for i := range ids {
		ids[i] = x.id(i)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for n := 0; b.Loop(); n++ {
		if _, ok, err := x.find(&ids[n%len(ids)]); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkAdler(b *testing.B) {
	for _, size := range []int{100, 10_000} {
		data := bytes.Repeat([]byte("a line\n"), size/7+1)[:size]
		for _, way := range []struct {
			name string
			sum  func([]byte) uint32
		}{{"ours", adler}, {"hash/adler32", adler32.Checksum}} {
			b.Run(fmt.Sprintf("%s/%d", way.name, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					way.sum(data)
				}
			})
		}
	}
}
