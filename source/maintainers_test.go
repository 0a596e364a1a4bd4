package source_test

import (
	"context"
	"os"
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
			var alone []*stage.Commit
			p := stage.New("alone")
			one := stage.From(p, &source.Git{Repo: repo, Revisions: []string{"--no-walk", c.Hash.String()}})
			stage.To(stage.Through(one, &stage.Maintainers{}), stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
				alone = append(alone, it.Value)
				return nil
			}))
			_, err := p.Run(t.Context())
			require.NoError(t, err)
			assert.Equal(t, c.Subsystems, alone[0].Subsystems, c.Hash)
			compared++
		}
	}
	t.Logf("%d commits, about %d with sections, %d by their maintainers; %d looked at alone", len(commits), sections, maintained, compared)
}
