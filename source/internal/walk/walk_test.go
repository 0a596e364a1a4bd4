package walk_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/source/internal/walk"
	"github.com/commitflow/commitflow/stage"
)

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
func agree(t testing.TB, dir string, store *object.Store, tips ...string) {
	t.Helper()
	want := hashes(t, git(t, dir, "", append([]string{"rev-list", "--topo-order", "--reverse"}, tips...)...))
	got, err := walk.List(t.Context(), store, hashes(t, git(t, dir, "", append([]string{"rev-parse"}, tips...)...)))
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

func TestWhatIsNoCommit(t *testing.T) {
	dir := randomHistory(t, rand.New(rand.NewPCG(4, 4)), 3)
	store := open(t, dir)
	tree := hashes(t, git(t, dir, "", "rev-parse", "c3^{tree}"))
	_, err := walk.List(t.Context(), store, tree)
	require.ErrorIs(t, err, walk.ErrNoCommit)
	_, err = walk.List(t.Context(), store, []stage.Hash{{1, 2}})
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
		list, err := walk.List(b.Context(), open(b, dir), head)
		require.NoError(b, err)
		b.ReportMetric(float64(len(list)), "commits")
	}
}
