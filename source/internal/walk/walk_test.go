package walk

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func git(t testing.TB, dir, stdin string, args ...string) string {
	t.Helper()
	command := exec.Command("git", append([]string{"-C", dir}, args...)...)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	command.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoErrorf(t, err, "git %v: %s", args, &stderr)
	return strings.TrimSpace(string(out))
}

func hashes(t testing.TB, lines string) []stage.Hash {
	t.Helper()
	list := []stage.Hash{}
	for _, line := range strings.Fields(lines) {
		id, err := stage.ParseHash(line)
		require.NoError(t, err)
		list = append(list, id)
	}
	return list
}

func open(t testing.TB, dir string) *object.Store {
	t.Helper()
	repo, err := gitcmd.Open(t.Context(), dir)
	require.NoError(t, err)
	store, err := object.Open(t.Context(), repo, object.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// agree compares with git.
func agree(t testing.TB, dir string, store Objects, tips ...string) {
	t.Helper()
	agreeWith(t, dir, store, 2, tips...)
}

func agreeWith(t testing.TB, dir string, store Objects, readers int, tips ...string) {
	t.Helper()
	want := hashes(t, git(t, dir, "", append([]string{"rev-list", "--topo-order", "--reverse"}, tips...)...))
	got, _, err := List(t.Context(), store, hashes(t, git(t, dir, "", append([]string{"rev-parse"}, tips...)...)), readers, 0)
	require.NoError(t, err)
	require.Equal(t, want, got, "%q", tips)
}

// randomHistory makes a history of n commits with random parents, merges of two
// and more, several roots, and times that are often equal and sometimes go back.
func randomHistory(t testing.TB, random *rand.Rand, n int) (dir string) {
	dir = t.TempDir()
	git(t, dir, "", "init", "-q", "--bare")
	var stream strings.Builder
	now := 1_500_000_000
	for i := 1; i <= n; i++ {
		switch random.IntN(5) {
		case 0:
			now += random.IntN(100)
		case 1:
			now -= random.IntN(50)
		}
		fmt.Fprintf(&stream, "commit refs/heads/c%d\nmark :%d\ncommitter C <c@example.com> %d +0000\ndata 2\n%c\n", i, i, now, 'a'+i%26)
		parents := []int{}
		for len(parents) < random.IntN(4) && i > 1 {
			back := 1 + random.IntN(min(i-1, 1+random.IntN(10)))
			if parent := i - back; !contains(parents, parent) {
				parents = append(parents, parent)
			}
			if random.IntN(3) > 0 {
				break
			}
		}
		for k, parent := range parents {
			word := "merge"
			if k == 0 {
				word = "from"
			}
			fmt.Fprintf(&stream, "%s :%d\n", word, parent)
		}
		fmt.Fprintf(&stream, "M 100644 inline f%d\ndata 1\nx\n", i)
	}
	git(t, dir, stream.String(), "fast-import", "--quiet", "--force")
	return dir
}

func contains(list []int, v int) bool {
	for _, other := range list {
		if other == v {
			return true
		}
	}
	return false
}

func TestListIsInGitsOrder(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			n := 5 + random.IntN(60)
			dir := randomHistory(t, random, n)
			store := open(t, dir)
			some := func(most int) (names []string) {
				for range random.IntN(most + 1) {
					names = append(names, fmt.Sprintf("c%d", 1+random.IntN(n)))
				}
				return names
			}
			agree(t, dir, store, fmt.Sprintf("c%d", n))
			for range 12 {
				agree(t, dir, store, append([]string{fmt.Sprintf("c%d", 1+random.IntN(n))}, some(4)...)...)
			}
		})
	}
}

// counting counts the commits that are read one by one.
type counting struct {
	*object.Store
	gets int
}

func (c *counting) Get(ctx context.Context, id stage.Hash) (object.Type, []byte, error) {
	c.gets++
	return c.Store.Get(ctx, id)
}

// Histories are read by the block, and listed in the same order.
func TestLongHistoriesAreReadByTheBlock(t *testing.T) {
	const n = 4000
	dir := longHistory(t, n)
	check := func(name string, most int) {
		t.Run(name, func(t *testing.T) {
			store := &counting{Store: open(t, dir)}
			for readers := 1; readers <= 3; readers++ {
				store.gets = 0
				agreeWith(t, dir, store, readers, "c4000", "c3900", "c700")
				assert.Less(t, store.gets, most)
			}
		})
	}
	check("no pack", n+10)
	git(t, dir, "", "repack", "-adq")
	check("one pack", n/3)
	git(t, dir, "", "repack", "-adfq", "--depth=4000", "--window=100")
	check("deep deltas", n+10)

	git(t, dir, "", "replace", "--graft", "c3000", "c100", "c2000")
	git(t, dir, "", "replace", "c2500", "c2400")
	check("some replaced", n+10)
	git(t, dir, git(t, dir, "", "rev-list", "--objects", "--no-object-names", "c1000"), "pack-objects", "-q", "objects/pack/pack")
	check("several packs", n+10)
}

// longHistory makes a history of n commits with branches that are merged; every
// hundredth commit has a branch.
func longHistory(t testing.TB, n int) (dir string) {
	dir = t.TempDir()
	git(t, dir, "", "init", "-q", "--bare")
	random := rand.New(rand.NewPCG(5, 5))
	var stream strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&stream, "commit refs/heads/c%d\nmark :%d\ncommitter C <c@example.com> %d +0000\ndata 5\n%05d", (i+99)/100*100, i, 1_500_000_000+i, i)
		if i > 2 {
			fmt.Fprintf(&stream, "from :%d\n", max(1, i-1-random.IntN(2)))
			if i%4 == 0 {
				fmt.Fprintf(&stream, "merge :%d\n", max(1, i-3-random.IntN(50)))
			}
		}
		fmt.Fprintf(&stream, "M 100644 inline f%d\ndata 5\n%05d", i%10, i)
	}
	git(t, dir, stream.String(), "fast-import", "--quiet", "--force")
	return dir
}

func TestTagsAndTheEndsOfShallowClones(t *testing.T) {
	dir := randomHistory(t, rand.New(rand.NewPCG(3, 3)), 30)
	git(t, dir, "", "-c", "user.name=T", "-c", "user.email=t@example.com", "tag", "-m", "tag", "one", "c30")
	git(t, dir, "", "-c", "user.name=T", "-c", "user.email=t@example.com", "tag", "-m", "tag of a tag", "two", "one")
	agree(t, dir, open(t, dir), "two", "c12")

	clone := t.TempDir() + "/shallow"
	git(t, dir, "", "clone", "-q", "--bare", "--depth=3", "--no-single-branch", "file://"+dir, clone)
	agree(t, clone, open(t, clone), "c30", "c17")

	git(t, dir, "", "replace", "--graft", "c28", "c3", "c9")
	agree(t, dir, open(t, dir), "c30")
}

// Linux tags a tree, git a blob, and --all names them among the others.
func TestTagsOfTreesAndBlobsLeadToNoCommits(t *testing.T) {
	dir := randomHistory(t, rand.New(rand.NewPCG(4, 4)), 3)
	git(t, dir, "", "tag", "tree", "c3^{tree}")
	git(t, dir, "", "-c", "user.name=T", "-c", "user.email=t@example.com", "tag", "-m", "tag of a tree", "tagged", "tree")
	git(t, dir, "", "tag", "blob", strings.TrimSpace(git(t, dir, "text", "hash-object", "-w", "--stdin")))
	store := open(t, dir)
	agree(t, dir, store, "tree", "c2", "tagged", "blob")
	agree(t, dir, store, "--all")
	list, _, err := List(t.Context(), store, hashes(t, git(t, dir, "", "rev-parse", "tree", "blob")), 1, 0)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestWhatIsNoCommit(t *testing.T) {
	dir := randomHistory(t, rand.New(rand.NewPCG(4, 4)), 3)
	tree := strings.TrimSpace(git(t, dir, "", "rev-parse", "c3^{tree}"))
	text := strings.ReplaceAll(git(t, dir, "", "cat-file", "commit", "c3"), "\nauthor ", "\nparent "+tree+"\nauthor ")
	child := hashes(t, git(t, dir, text, "hash-object", "-t", "commit", "-w", "--literally", "--stdin"))
	store := open(t, dir)
	_, _, err := List(t.Context(), store, child, 1, 0)
	require.ErrorIs(t, err, ErrNoCommit)
	_, _, err = List(t.Context(), store, []stage.Hash{{1, 2}}, 1, 0)
	require.ErrorIs(t, err, stage.ErrMissing)
	require.ErrorContains(t, err, "0102")
}

// The whole of a real repository, if COMMITFLOW_REPO names one.
func TestListOfARealHistory(t *testing.T) {
	dir := os.Getenv("COMMITFLOW_REPO")
	if dir == "" {
		t.Skip("set COMMITFLOW_REPO to the directory of a repository to compare its whole history with git")
	}
	store := open(t, dir)
	agree(t, dir, store, "HEAD")
	agree(t, dir, store, strings.Fields(git(t, dir, "", "for-each-ref", "--format=%(objectname)", "refs/heads", "refs/tags"))...)
}

func BenchmarkList(b *testing.B) {
	dir := os.Getenv("COMMITFLOW_REPO")
	if dir == "" {
		dir = "."
	}
	head := hashes(b, git(b, dir, "", "rev-parse", "HEAD"))
	b.ReportAllocs()
	for b.Loop() {
		list, _, err := List(b.Context(), open(b, dir), head, runtime.GOMAXPROCS(0), 96<<20)
		require.NoError(b, err)
		b.ReportMetric(float64(len(list)), "commits")
	}
}
