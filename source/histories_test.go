package source_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// twoBranches is a repository with a main and a stable branch. One fix was
// backported with git's marker, one without any, one by hand with another
// subject, and one was reverted on the stable branch alone.
type twoBranches struct {
	t   *testing.T
	dir string
	day int64
}

func newTwoBranches(t *testing.T) *twoBranches {
	r := &twoBranches{t: t, dir: t.TempDir(), day: 19_000}
	r.git("init", "-q", "-b", "main")
	r.commit("net: add a queue", "net/queue.c", "int head;\nint tail;\n\nint next(int i)\n{\n\treturn i + 1;\n}\n")
	r.git("tag", "v1.0")
	r.git("branch", "stable")
	r.commit("net: check the length", "net/length.c", "int check(int n)\n{\n\treturn n > 0;\n}\n")
	r.git("tag", "-am", "Release 1.1", "v1.1")
	r.git("tag", "v1.2-rc1")
	r.commit("net: wrap around\n\nFixes: "+r.hash("v1.0")[:12]+" (\"net: add a queue\")", "net/queue.c", "int head;\nint tail;\n\nint next(int i)\n{\n\treturn (i + 1) % 16;\n}\n")
	r.git("tag", "wrap")
	r.git("tag", "v1.2")
	r.commit("net: count", "net/count.c", "int count;\n")
	r.git("tag", "count")

	r.git("checkout", "-q", "stable")
	r.day += 10
	r.git("cherry-pick", "-x", "v1.1")
	r.git("tag", "marked")
	r.day++
	r.git("cherry-pick", "wrap")
	r.git("commit", "-q", "--amend", "-m", "net: wrap around\n\nTaken over by hand.")
	r.git("tag", "unmarked")
	r.day++
	r.git("cherry-pick", "count")
	r.git("commit", "-q", "--amend", "-m", "stable: net: have a counter")
	r.git("tag", "renamed")
	r.day++
	r.git("revert", "--no-edit", "marked")
	r.git("tag", "undone")
	return r
}

func (r *twoBranches) git(args ...string) string {
	return gitAt(r.t, r.day*24*60*60, r.dir, args...)
}

func (r *twoBranches) hash(revision string) string { return r.git("rev-parse", revision+"^{commit}") }

func (r *twoBranches) commit(message, name, content string) {
	r.day++
	write(r.t, r.dir, name, content)
	r.git("add", ".")
	r.git("commit", "-qm", message)
}

// names of the commits by the tags that point at them.
func (r *twoBranches) names() map[stage.Hash]string {
	names := map[stage.Hash]string{}
	for _, tag := range []string{"v1.0", "v1.1", "wrap", "count", "marked", "unmarked", "renamed", "undone"} {
		hash, err := stage.ParseHash(r.hash(tag))
		require.NoError(r.t, err)
		names[hash] = tag
	}
	return names
}

// linksOf runs each source through the linker in one pipeline, and tells what
// is known of each commit: its state unless in effect, and its links.
func linksOf(t *testing.T, names map[stage.Hash]string, linker *stage.ChainLinker, sources ...*source.Git) map[string][]string {
	t.Helper()
	known := map[string][]string{}
	p := stage.New("histories")
	collected := make([]func(), 0, len(sources))
	for _, git := range sources {
		var commits []*stage.Commit
		linked := stage.Through(stage.From(p, git, stage.Workers(2)), linker, stage.Workers(2))
		stage.To(linked, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
			commits = append(commits, it.Value)
			return nil
		}))
		collected = append(collected, func() {
			for _, c := range commits {
				var facts []string
				if c.State != stage.InEffect {
					facts = append(facts, c.State.String())
				}
				for _, link := range c.Links {
					fact := fmt.Sprintf("%s %s by %s, %s", link.Kind, names[link.Commit], link.Basis, link.Confidence)
					if link.Releases > 0 {
						fact += fmt.Sprintf(", %d days, %d releases", link.Days, link.Releases)
					}
					facts = append(facts, fact)
				}
				slices.SortFunc(facts, cmp.Compare)
				known[names[c.Hash]] = facts
			}
		})
	}
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	for _, collect := range collected {
		collect()
	}
	return known
}

// What is known with patch-ids, however the two branches are read.
var knownOfTwoBranches = map[string][]string{
	"v1.0":     {"fixed-by wrap by prefix, high, 2 days, 2 releases"},
	"v1.1":     {"backported-to marked by hash, high"},
	"wrap":     {"backported-to unmarked by patch-id, high", "fixes v1.0 by prefix, high, 2 days, 2 releases"},
	"count":    {"backported-to renamed by patch-id, medium"},
	"marked":   {"backport-of v1.1 by hash, high", "reverted", "reverted-by undone by hash, high"},
	"unmarked": {"backport-of wrap by patch-id, high"},
	"renamed":  {"backport-of count by patch-id, medium"},
	"undone":   {"reverts marked by hash, high"},
}

func TestTwoBranchesOfARepositoryKnowOfEachOther(t *testing.T) {
	r := newTwoBranches(t)
	for _, revisions := range [][]string{{"main", "stable"}, {"stable", "main"}} {
		git := &source.Git{Repo: r.dir, Revisions: revisions}
		linker := &stage.ChainLinker{Messages: git, PatchIDs: true}
		assert.Equal(t, knownOfTwoBranches, linksOf(t, r.names(), linker, git))
	}
}

func TestTwoRepositoriesKnowOfEachOther(t *testing.T) {
	r := newTwoBranches(t)
	clone := filepath.Join(t.TempDir(), "stable.git")
	git(t, r.dir, "clone", "-q", "--bare", "--single-branch", "--no-tags", "--branch", "stable", r.dir, clone)
	main := &source.Git{Repo: r.dir, Revisions: []string{"main"}}
	stable := &source.Git{Repo: clone}
	linker := &stage.ChainLinker{Messages: main, Others: []stage.MessageSource{stable}, PatchIDs: true}
	assert.Equal(t, knownOfTwoBranches, linksOf(t, r.names(), linker, main, stable), "in one run")
	for _, count := range linker.Counts() {
		if count.Kind == stage.BackportOf {
			assert.Equal(t, "backport-of: 1 stated, 1 resolved, 1 by hash, 2 more by equal patches", count.String())
		}
	}

	main = &source.Git{Repo: r.dir, Revisions: []string{"main"}}
	stable = &source.Git{Repo: clone}
	defer main.Close()
	linker = &stage.ChainLinker{Messages: main, Others: []stage.MessageSource{stable}, PatchIDs: true}
	known := linksOf(t, r.names(), linker, stable)
	assert.Len(t, known, 5)
	for name, facts := range known {
		assert.Equal(t, knownOfTwoBranches[name], facts, "the stable branch alone, %s", name)
	}
}

func TestWithoutPatchIDsOnlyMarkersTell(t *testing.T) {
	r := newTwoBranches(t)
	git := &source.Git{Repo: r.dir, Revisions: []string{"main", "stable"}}
	known := linksOf(t, r.names(), &stage.ChainLinker{Messages: git}, git)
	assert.Empty(t, known["count"])
	assert.Empty(t, known["unmarked"])
	assert.Equal(t, knownOfTwoBranches["marked"], known["marked"])
}

// A patch that comes again after its revert is a reapply, whatever its message.
func TestAPatchThatComesAgainAfterARevert(t *testing.T) {
	r := newTwoBranches(t)
	r.day++
	r.git("cherry-pick", "marked")
	r.git("commit", "-q", "--amend", "-m", "net: try the length again")
	r.git("tag", "again")
	names := r.names()
	again, err := stage.ParseHash(r.hash("again"))
	require.NoError(t, err)
	names[again] = "again"
	git := &source.Git{Repo: r.dir, Revisions: []string{"stable"}}
	known := linksOf(t, names, &stage.ChainLinker{Messages: git, PatchIDs: true}, git)
	assert.Equal(t, []string{"reapplies marked by patch-id, medium"}, known["again"])
	assert.Equal(t, []string{"reapplied", "reapplied-by again by patch-id, medium", "reverted-by undone by hash, high"}, known["marked"])
}

func TestPatchIDsNeedASourceOfCommits(t *testing.T) {
	linker := &stage.ChainLinker{Messages: messagesOnly{}, PatchIDs: true}
	assert.ErrorContains(t, linker.Open(t.Context()), "leave PatchIDs off")
}

type messagesOnly struct{}

func (messagesOnly) Messages(context.Context, func(stage.Message) error) error { return nil }

func TestGitKnowsItsReleases(t *testing.T) {
	dir := smallHistory(t)
	for _, tag := range []string{"v6.1", "v6.1.12", "1.4.0", "U-Boot-1_1_5", "glibc-2.39", "v6.1-rc3", "LABEL_2003_02_26", "next-20240102", "v2", "archive/v1.0", "v1.0-dirty"} {
		git(t, dir, "tag", tag)
	}
	git(t, dir, "tag", "-am", "Release", "v9.9")
	g := &source.Git{Repo: dir}
	defer g.Close()
	releases, err := g.Releases(t.Context())
	require.NoError(t, err)
	var names []string
	head := git(t, dir, "rev-parse", "HEAD")
	for _, release := range releases {
		names = append(names, release.Name)
		assert.Equal(t, head, release.Commit.String(), release.Name)
	}
	assert.Equal(t, "1.4.0 LABEL_2003_02_26 U-Boot-1_1_5 glibc-2.39 v6.1 v6.1.12 v9.9", strings.Join(names, " "))
	require.NoError(t, os.RemoveAll(dir))
	_, err = (&source.Git{Repo: dir}).Releases(t.Context())
	assert.ErrorIs(t, err, os.ErrNotExist)
}
