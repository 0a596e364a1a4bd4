package object

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/commitflow/commitflow/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var background = context.Background()

func TestEveryObjectOfARealRepository(t *testing.T) {
	dir := os.Getenv("COMMITFLOW_REPO")
	if dir == "" {
		t.Skip("set COMMITFLOW_REPO=DIR to compare every object of that repository with git")
	}
	s := openStore(t, dir, Options{})
	t.Logf("%d objects are equal", requireAllEqual(t, s, s.repo.GitDir))
}

// TestObjectsAreWhatGitReads compares every object with git's reading, for each
// way in which git may store them.
func TestObjectsAreWhatGitReads(t *testing.T) {
	for _, test := range []struct {
		name    string
		arrange func(r testRepo) testRepo
	}{
		{"packed by fast-import", func(r testRepo) testRepo { return r }},
		{"loose", func(r testRepo) testRepo {
			packs := r.packFiles(".pack")
			require.Len(r, packs, 1)
			moved := filepath.Join(r.TempDir(), "pack")
			require.NoError(r, os.Rename(packs[0], moved))
			require.NoError(r, os.Remove(strings.TrimSuffix(packs[0], "pack")+"idx"))
			pack, err := os.Open(moved)
			require.NoError(r, err)
			defer pack.Close()
			r.gitWith(pack, "unpack-objects", "-q")
			require.Empty(r, r.packFiles(".pack"))
			return r
		}},
		{"deep chains", func(r testRepo) testRepo {
			r.git("repack", "-adfq", "--depth=250", "--window=250")
			return r
		}},
		{"deltas that name their base by id", func(r testRepo) testRepo {
			r.git("-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq")
			return r
		}},
		{"several packs and loose objects", func(r testRepo) testRepo {
			for i := range 4 {
				r.git("commit", "-q", "--allow-empty", "-m", fmt.Sprint("more ", i))
				r.git("repack", "-dq")
			}
			r.git("commit", "-q", "--allow-empty", "-m", "loose")
			require.Len(r, r.packFiles(".pack"), 5)
			return r
		}},
		{"bitmap, reverse index and multi-pack index", func(r testRepo) testRepo {
			r.git("-c", "pack.writeReverseIndex=true", "repack", "-adbq")
			r.git("commit", "-q", "--allow-empty", "-m", "more")
			r.git("repack", "-dq")
			r.git("multi-pack-index", "write")
			require.NotEmpty(r, r.packFiles(".bitmap"))
			require.NotEmpty(r, r.packFiles(".rev"))
			return r
		}},
		{"offsets of eight bytes", func(r testRepo) testRepo { return r.reindex("--index-version=2,0x40") }},
		{"index of version 1", func(r testRepo) testRepo { return r.reindex("--index-version=1") }},
		{"borrowed from another repository", func(r testRepo) testRepo {
			dir := r.TempDir()
			r.git("clone", "-q", "--shared", ".", dir)
			shared := testRepo{r.TB, dir}
			shared.git("commit", "-q", "--allow-empty", "-m", "own")
			return shared
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRepo(t)
			r = test.arrange(r.history(20))
			gitDir := filepath.Join(r.dir, ".git")
			require.Greater(t, requireAllEqual(t, r.open(Options{}), gitDir), 100)
			t.Run("without a cache", func(t *testing.T) {
				requireAllEqual(t, openStore(t, r.dir, Options{CacheBytes: 1}), gitDir)
			})
			t.Run("by pieces", func(t *testing.T) {
				s := openStore(t, r.dir, Options{})
				for _, p := range *s.packs.Load() {
					p.readByPieces()
					require.NotNil(t, p.file)
				}
				requireAllEqual(t, s, gitDir)
			})
		})
	}
}

// reindex replaces the indexes of all packs.
func (r testRepo) reindex(version string) testRepo {
	r.Helper()
	r.git("repack", "-adfq")
	for _, name := range r.packFiles(".idx") {
		require.NoError(r, os.Remove(name))
		r.git("index-pack", version, strings.TrimSuffix(name, "idx")+"pack")
	}
	return r
}

func TestEmptyRepository(t *testing.T) {
	s := newRepo(t).open(Options{})
	_, _, err := s.Get(background, stage.Hash{1})
	assert.ErrorIs(t, err, stage.ErrMissing)

	content, err := s.Tree(background, emptyTree)
	require.NoError(t, err, "git knows the empty tree everywhere")
	assert.Empty(t, content)
	typ, size, err := s.Stat(background, emptyTree)
	require.NoError(t, err)
	assert.Equal(t, Tree, typ)
	assert.Zero(t, size)
}

func TestObjectsOfTheWrongType(t *testing.T) {
	r := newRepo(t).history(1)
	s := r.open(Options{})
	_, err := s.Commit(background, r.id("HEAD"))
	require.NoError(t, err)
	_, err = s.Blob(background, r.id("HEAD"))
	require.ErrorIs(t, err, ErrCorrupt)
	assert.Contains(t, err.Error(), "it is a commit, not a blob")
	_, err = s.Commit(background, r.id("v1"))
	assert.ErrorContains(t, err, "it is a tag")
	_, err = s.Tree(background, r.id("HEAD:long.txt"))
	assert.ErrorContains(t, err, r.id("HEAD:long.txt").String())
}

func TestMissingObject(t *testing.T) {
	r := newRepo(t)
	require.NoError(t, os.WriteFile(r.dir+"/file", []byte("text"), 0o644))
	r.git("add", "file")
	r.git("commit", "-q", "-m", "one")
	id := r.id("HEAD:file")
	hex := id.String()
	require.NoError(t, os.Remove(filepath.Join(r.dir, ".git/objects", hex[:2], hex[2:])))
	s := r.open(Options{})
	for range 2 {
		_, err := s.Blob(background, id)
		require.ErrorIs(t, err, stage.ErrMissing)
		assert.Contains(t, err.Error(), hex)
		_, _, err = s.Stat(background, id)
		require.ErrorIs(t, err, stage.ErrMissing)
	}
	_, err := s.Commit(background, r.id("HEAD"))
	assert.NoError(t, err)
}

func TestRepackingDuringTheRun(t *testing.T) {
	r := newRepo(t).history(10)
	s := openStore(t, r.dir, Options{CacheBytes: 1})
	old := r.id("HEAD")
	r.git("commit", "-q", "--allow-empty", "-m", "later")
	later := r.id("HEAD")
	r.git("repack", "-adq")
	_, err := s.Commit(background, later)
	require.NoError(t, err, "packs are looked for again")
	_, err = s.Commit(background, old)
	require.NoError(t, err, "a pack that was removed stays mapped")

	r.git("commit", "-q", "--allow-empty", "-m", "loose")
	_, err = s.Commit(background, r.id("HEAD"))
	require.NoError(t, err)
}

func TestReplacedObjects(t *testing.T) {
	r := newRepo(t).history(8)
	ids := make([]stage.Hash, 8)
	for i := range ids {
		ids[i] = r.id(fmt.Sprintf("HEAD~%d", i))
	}
	want := r.git("cat-file", "commit", ids[2].String())
	r.git("replace", ids[0].String(), ids[1].String())
	r.git("replace", ids[1].String(), ids[2].String())

	get := func(t *testing.T, id stage.Hash) string {
		s := r.open(Options{})
		content, err := s.Commit(background, id)
		require.NoError(t, err)
		_, size, err := s.Stat(background, id)
		require.NoError(t, err)
		assert.Len(t, content, int(size))
		return strings.TrimSuffix(string(content), "\n")
	}
	for _, id := range ids[:3] {
		assert.Equal(t, want, get(t, id))
		assert.Equal(t, want, r.git("cat-file", "commit", id.String()))
	}
	t.Run("too many in a row", func(t *testing.T) {
		for i := 2; i < 7; i++ {
			r.git("replace", ids[i].String(), ids[i+1].String())
		}
		s := r.open(Options{})
		_, err := s.Commit(background, ids[0])
		assert.ErrorIs(t, err, ErrCorrupt)
		_, err = s.Commit(background, ids[3])
		assert.NoError(t, err)
	})
	t.Run("turned off", func(t *testing.T) {
		r.git("config", "core.useReplaceRefs", "false")
		plain := get(t, ids[0])
		assert.NotEqual(t, want, plain)
		r.git("config", "--unset", "core.useReplaceRefs")
		t.Setenv("GIT_NO_REPLACE_OBJECTS", "1")
		assert.Equal(t, plain, get(t, ids[0]))
	})
}

func TestShallowClonesAndGrafts(t *testing.T) {
	r := newRepo(t).history(5)
	dir := t.TempDir()
	r.git("clone", "-q", "--depth=2", "file://"+r.dir, dir)
	shallow := testRepo{t, dir}
	s := shallow.open(Options{})
	_, ok := s.Graft(shallow.id("HEAD"))
	assert.False(t, ok)
	parents, ok := s.Graft(shallow.id("HEAD~1"))
	assert.True(t, ok)
	assert.Empty(t, parents)
	_, err := s.Commit(background, r.id("HEAD~2"))
	assert.ErrorIs(t, err, stage.ErrMissing)

	commit, parent := r.id("HEAD"), r.id("HEAD~3")
	grafts := fmt.Sprintf("# comment\n%s %s\n%s\n", commit, parent, parent)
	require.NoError(t, os.WriteFile(r.dir+"/.git/info/grafts", []byte(grafts), 0o644))
	s = r.open(Options{})
	parents, ok = s.Graft(commit)
	assert.True(t, ok)
	assert.Equal(t, []stage.Hash{parent}, parents)
	assert.Equal(t, r.git("rev-list", "HEAD"), commit.String()+"\n"+parent.String(), "as git sees it")
}

func TestObjectsOverTheLimit(t *testing.T) {
	for _, packed := range []bool{false, true} {
		t.Run(fmt.Sprintf("packed=%v", packed), func(t *testing.T) {
			r := newRepo(t)
			random := rand.NewChaCha8([32]byte{1})
			long := make([]byte, 100_000)
			_, _ = random.Read(long)
			for _, size := range []int{len(long), len(long) / 2} {
				require.NoError(t, os.WriteFile(r.dir+"/file", long[:size], 0o644))
				r.git("add", "file")
				r.git("commit", "-q", "-m", "one")
			}
			large, small := r.id("HEAD~1:file"), r.id("HEAD:file")
			if packed {
				r.git("repack", "-adfq")
				assert.Equal(t, large.String(), r.gitWith(strings.NewReader(small.String()), "cat-file", "--batch-check=%(deltabase)"))
			}
			s := r.open(Options{MaxObject: 60_000})
			_, err := s.Blob(background, large)
			require.ErrorIs(t, err, ErrTooLarge)
			assert.Contains(t, err.Error(), large.String())
			content, err := s.Blob(background, small)
			require.NoError(t, err, "its base may well be over the limit")
			assert.Equal(t, long[:len(long)/2], content)
			_, err = s.Blob(background, large)
			require.ErrorIs(t, err, ErrTooLarge, "even if it is in the cache as a base")
			_, size, err := s.Stat(background, large)
			require.NoError(t, err)
			assert.EqualValues(t, len(long), size)
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	r := newRepo(t)
	repo := r.open(Options{}).repo
	for _, options := range []Options{{CacheBytes: -1}, {MaxObject: -1}, {MaxObject: 1<<40 + 1}} {
		_, err := Open(background, repo, options)
		assert.Error(t, err)
	}
}

func TestClose(t *testing.T) {
	r := newRepo(t).history(3)
	s := r.open(Options{})
	before, err := s.Blob(background, r.id("HEAD:long.txt"))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	assert.Equal(t, r.git("cat-file", "blob", "HEAD:long.txt"), strings.TrimSuffix(string(before), "\n"),
		"what was read stays valid")
	_, _, err = s.Get(background, r.id("HEAD"))
	assert.ErrorIs(t, err, ErrClosed)
	_, _, err = s.Stat(background, r.id("HEAD"))
	assert.ErrorIs(t, err, ErrClosed)
}

func TestManyWorkersAndCloseAmongThem(t *testing.T) {
	r := newRepo(t).history(15)
	r.git("repack", "-adfq", "--depth=50")
	r.git("commit", "-q", "--allow-empty", "-m", "loose")
	want := map[stage.Hash]string{}
	eachObject(t, r.dir+"/.git", func(id stage.Hash, typ Type, content []byte) {
		want[id] = typ.String() + string(content)
	})
	for _, budget := range []int{1, 3 << 20, 256 << 20} {
		s := r.open(Options{CacheBytes: budget})
		var workers sync.WaitGroup
		for worker := range 8 {
			workers.Go(func() {
				read := 0
				for id, object := range want {
					typ, content, err := s.Get(background, id)
					if errors.Is(err, ErrClosed) {
						return
					}
					if !assert.NoError(t, err) || !assert.True(t, object == typ.String()+string(content), "%s", id) {
						return
					}
					_, _, err = s.Get(background, stage.Hash{byte(worker)})
					if !errors.Is(err, ErrClosed) && !assert.ErrorIs(t, err, stage.ErrMissing) {
						return
					}
					if read++; worker == 0 && read == len(want)/2 {
						assert.NoError(t, s.Close())
						return
					}
				}
			})
		}
		workers.Wait()
	}
}

func TestCancelledContext(t *testing.T) {
	r := newRepo(t).history(20)
	r.git("repack", "-adfq")
	s := openStore(t, r.dir, Options{CacheBytes: 1})
	ctx, cancel := context.WithCancel(background)
	cancel()
	var refused int
	eachObject(t, r.dir+"/.git", func(id stage.Hash, _ Type, _ []byte) {
		if _, _, err := s.Get(ctx, id); err != nil {
			assert.ErrorIs(t, err, context.Canceled)
			refused++
		}
	})
	assert.Positive(t, refused)
}

func TestFilesThatAreNoObjects(t *testing.T) {
	r := newRepo(t)
	objects := filepath.Join(r.dir, ".git/objects")
	require.NoError(t, os.MkdirAll(filepath.Join(objects, "01", strings.Repeat("0", 38)), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(objects, "pack", "pack-directory.idx"), 0o755))
	for _, name := range []string{"pack/pack-empty.idx", "pack/pack-empty.pack"} {
		require.NoError(t, os.WriteFile(filepath.Join(objects, name), nil, 0o644))
	}
	s := r.open(Options{})
	_, _, err := s.Get(background, stage.Hash{1})
	require.ErrorIs(t, err, ErrCorrupt)
	require.NotErrorIs(t, err, fs.ErrNotExist)
	_, _, err = s.Get(background, stage.Hash{2})
	require.ErrorIs(t, err, ErrCorrupt, "it may lie in the pack that cannot be read")
	assert.Contains(t, err.Error(), "pack-")
}
