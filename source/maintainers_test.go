package source_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// withMaintainers reads a history with the sections that each commit touches.
func withMaintainers(t *testing.T, g *source.Git, workers int) []*stage.Commit {
	t.Helper()
	var commits []*stage.Commit
	p := stage.New("maintainers")
	read := stage.From(p, g, stage.Workers(workers))
	people := stage.Through(read, &stage.People{Mailmaps: g}, stage.Workers(workers))
	named := stage.Through(people, &stage.Maintainers{Mailmaps: g}, stage.Workers(workers))
	stage.To(named, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		commits = append(commits, it.Value)
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	return commits
}

// What counts is the file as it is in each commit, and who is in it.
func TestMaintainersAsOfEachCommit(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	commit := func(subject string, files ...string) {
		for i := 0; i < len(files); i += 2 {
			write(t, dir, files[i], files[i+1])
		}
		git(t, dir, "add", "-A")
		git(t, dir, "commit", "-qm", subject)
	}
	const slab = "SLAB\nM:\tA U Thor <author@example.com>\nF:\tmm/\nK:\tkmalloc\n"
	const rest = "\nTHE REST\nM:\tOther <other@example.com>\nF:\t*\nF:\t*/\n"
	commit("before the file", "mm/a.c", "1\n")
	commit("an old one", "MAINTAINERS", "OLD\nP:\tA U Thor\nM:\tauthor@example.com\n", "mm/a.c", "2\n")
	commit("sections", "MAINTAINERS", slab+rest, "mm/a.c", "3\n")
	commit("another part", "net/core/a.c", "1\n")
	commit("a keyword: kmalloc", "net/core/a.c", "2\n")
	commit("moved", "MAINTAINERS", strings.ReplaceAll(slab, "author@", "somebody@")+rest, "mm/a.c", "4\n")
	commit("a mailmap", ".mailmap", "A U Thor <author@example.com> <somebody@example.com>\n", "mm/a.c", "5\n")
	commit("a file of its own, but nobody asks for it", "net/MAINTAINERS", "NET\nM:\tN <n@example.com>\nF:\tnet/\n", "net/core/a.c", "3\n")
	commit("all files", ".get_maintainer.conf", "--find-maintainer-files\n", "net/core/a.c", "4\n")
	git(t, dir, "mv", "mm/a.c", "net/core/b.c")
	commit("renamed")
	git(t, dir, "rm", "-q", "MAINTAINERS", "net/MAINTAINERS")
	commit("no file any more", "net/core/a.c", "5\n")

	want := []string{
		"mm | ",
		"mm | ",
		"SLAB, THE REST | SLAB",
		"THE REST | ",
		"THE REST, SLAB | SLAB",
		"SLAB, THE REST | SLAB", // by HEAD's mailmap the new address is the author's
		"SLAB, THE REST | SLAB",
		"THE REST | ",
		"NET, THE REST | ",
		"NET, SLAB, THE REST | SLAB",
		"net, net/core | ",
	}
	for _, workers := range []int{1, 4} {
		var got []string
		for _, c := range withMaintainers(t, &source.Git{Repo: dir}, workers) {
			got = append(got, strings.Join(c.Subsystems, ", ")+" | "+strings.Join(c.Maintains, ", "))
		}
		assert.Equal(t, want, got)
	}
	in := stage.InSubsystems("mm")
	for i, c := range withMaintainers(t, &source.Git{Repo: dir}, 1) {
		assert.Equal(t, i < 3 || i == 5 || i == 6 || i == 9, in(c), "the directory's name fits whatever the sections are: %s", c.Subject)
	}
	assert.True(t, stage.InSubsystems("the rest")(&stage.Commit{Subsystems: []string{"THE REST"}}))
}

// alone reads a commit without its parents, so that its tree tells all.
func alone(t *testing.T, g *source.Git, c *stage.Commit) *stage.Commit {
	t.Helper()
	one := &source.Git{Repo: g.Repo, MergeFiles: g.MergeFiles, Copies: g.Copies, Revisions: []string{"--no-walk", c.Hash.String()}}
	return withMaintainers(t, one, 1)[0]
}

// A commit has the files of its parent but for what it changes, whatever that is:
// each commit has what its own tree tells.
func TestMaintainersAreThoseOfTheTree(t *testing.T) {
	const commits = 80
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	rng := rand.New(rand.NewPCG(5, 19))
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	section := func(title string) string { return title + "\nM:\tA <a@example.com>\nF:\t*\nF:\t*/\n" }
	dirs := []string{"", "a/", "a/b/", "a.b/", "a-b/", "c/d/e/"}
	write(t, dir, "MAINTAINERS", section("TOP"))
	write(t, dir, ".get_maintainer.conf", "--find-maintainer-files\n")
	for i := range commits {
		write(t, dir, pick(dirs...)+"file.c", fmt.Sprintln(i))
		place := pick(dirs...) + "MAINTAINERS"
		at := filepath.Join(dir, place)
		switch rng.IntN(16) {
		case 0, 1, 2:
			require.NoError(t, os.RemoveAll(at))
			write(t, dir, place, section(fmt.Sprintf("NO %d", i)))
		case 3, 4:
			require.NoError(t, os.RemoveAll(at))
		case 5:
			require.NoError(t, os.RemoveAll(at))
			require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o755))
			require.NoError(t, os.Symlink(section("NOWHERE"), at)) // what it leads to reads like a file
		case 6: // a directory of that name, with a file of that name
			require.NoError(t, os.RemoveAll(at))
			write(t, dir, place+"/MAINTAINERS", section(fmt.Sprintf("IN %d", i)))
		case 7:
			to := filepath.Join(dir, pick(dirs...), "MAINTAINERS")
			if _, err := os.Stat(at); err == nil && !strings.HasPrefix(to, at) && !strings.HasPrefix(at, to) {
				require.NoError(t, os.RemoveAll(to))
				require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
				require.NoError(t, os.Rename(at, to))
			}
		case 8, 9:
			text, err := os.ReadFile(at)
			if to := pick(dirs...) + "MAINTAINERS"; err == nil && to != place {
				require.NoError(t, os.RemoveAll(filepath.Join(dir, to)))
				write(t, dir, to, string(text)) // a copy
				write(t, dir, place, string(text)+section(fmt.Sprintf("OF %d", i)))
			}
		case 10, 11, 12:
			write(t, dir, ".get_maintainer.conf", pick("--find-maintainer-files\n", "\n"))
		case 13:
			write(t, dir, "scripts/get_maintainer.pl", pick("my @maint_files;\n", "\n", "\n"))
		}
		git(t, dir, "add", "-A")
		git(t, dir, "commit", "-q", "--allow-empty", "-m", fmt.Sprint("commit ", i))
		switch rng.IntN(8) {
		case 0:
			git(t, dir, "checkout", "-q", "-B", "side", fmt.Sprintf("HEAD~%d", rng.IntN(min(i, 4)+1)))
		case 1:
			git(t, dir, "checkout", "-q", "main")
		case 2, 3: // with the tree of the first parent, or with another one
			git(t, dir, "branch", "-f", "other", "HEAD~0")
			git(t, dir, "checkout", "-q", "main")
			git(t, dir, "merge", "-q", "--no-ff", "--no-commit", "-s", "ours", "other")
			if rng.IntN(2) == 0 {
				git(t, dir, "checkout", "-q", "other", "--", ".")
			}
			git(t, dir, "commit", "-q", "--allow-empty", "-m", fmt.Sprint("merge ", i))
		}
	}
	merges := 0
	for _, g := range []*source.Git{{Repo: dir}, {Repo: dir, MergeFiles: true, Copies: true}} {
		g.Revisions = []string{"--all"}
		want := map[stage.Hash][]string{}
		for _, c := range withMaintainers(t, g, 1) {
			want[c.Hash] = alone(t, g, c).Subsystems
			assert.Equal(t, want[c.Hash], c.Subsystems, "%s: %s", c.Hash, c.Subject)
			if c.IsMerge() {
				merges++
			}
		}
		for _, c := range withMaintainers(t, g, 4) {
			assert.Equal(t, want[c.Hash], c.Subsystems, "%s: %s", c.Hash, c.Subject)
		}
	}
	assert.Greater(t, merges, 5)
}

// Over a whole history, what is kept from commit to commit must not show: each
// commit has what it has by itself.
func TestMaintainersOverHistory(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		t.Skip("set COMMITFLOW_REPO to the directory of a repository to name the sections of all its commits")
	}
	g := &source.Git{Repo: repo, Revisions: []string{"HEAD", "--no-merges"}}
	commits := withMaintainers(t, g, 2)
	sections, maintained, compared := 0, 0, 0
	for i, c := range commits {
		if len(c.Maintains) > 0 {
			maintained++
		}
		if len(c.Subsystems) > 0 && strings.ToUpper(c.Subsystems[0]) == c.Subsystems[0] {
			sections++
		}
		if i%1000 == 0 {
			assert.Equal(t, c.Subsystems, alone(t, g, c).Subsystems, c.Hash)
			compared++
		}
	}
	t.Logf("%d commits, about %d with sections, %d by their maintainers; %d looked at alone", len(commits), sections, maintained, compared)
}
