package source_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// git runs git in a directory, free of the machine's configuration, and gives
// what it prints.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return gitAt(t, 1700000100, dir, args...)
}

// gitAt is git at a time of the committer's clock.
func gitAt(t testing.TB, seconds int64, dir string, args ...string) string {
	t.Helper()
	command := exec.Command("git", append([]string{"-C", dir, "-c", "protocol.file.allow=always"}, args...)...)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.com", "GIT_AUTHOR_DATE=1700000000 +0100",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.com", fmt.Sprintf("GIT_COMMITTER_DATE=%d +0000", seconds))
	out, err := command.CombinedOutput()
	require.NoErrorf(t, err, "git %v: %s", args, out)
	return strings.TrimSpace(string(out))
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o666))
}

// smallHistory has a root, a change with a rename, a side branch and a merge.
func smallHistory(t testing.TB) string {
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	body := strings.Repeat("int line;\n", 20)
	write(t, dir, "drivers/a.c", body)
	write(t, dir, "README", "hello\n")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "Start\n\nSigned-off-by: A U Thor <author@example.com>")
	git(t, dir, "checkout", "-qb", "side")
	write(t, dir, "side.txt", "side\n")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "Side")
	git(t, dir, "checkout", "-q", "main")
	git(t, dir, "mv", "drivers/a.c", "drivers/b.c")
	write(t, dir, "drivers/b.c", body+"int more;\n")
	git(t, dir, "commit", "-qam", "Rename")
	git(t, dir, "merge", "-q", "--no-ff", "-m", "Merge branch 'side'", "side")
	return dir
}

// read runs a source by itself.
func read(t testing.TB, g *source.Git) []*stage.Commit {
	t.Helper()
	var commits []*stage.Commit
	p := stage.New("read")
	stage.To(stage.From(p, g, stage.Workers(2)), stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		assert.Equal(t, it.Position, it.Value.Position)
		commits = append(commits, it.Value)
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	return commits
}

func describe(commits []*stage.Commit) []string {
	var lines []string
	for _, c := range commits {
		line := c.Subject + ":"
		for i := range c.Files {
			f := &c.Files[i]
			line += fmt.Sprintf(" %s %s", f.Kind, f.Path())
		}
		lines = append(lines, line)
	}
	return lines
}

func TestGitReadsAHistoryOldestFirst(t *testing.T) {
	dir := smallHistory(t)
	tests := []struct {
		name      string
		merges    bool
		revisions []string
		want      []string
	}{
		{"all of HEAD", false, nil,
			[]string{"Start: A README A drivers/a.c", "Rename: R drivers/b.c", "Side: A side.txt", "Merge branch 'side':"}},
		{"no merges", false, []string{"--no-merges"},
			[]string{"Start: A README A drivers/a.c", "Rename: R drivers/b.c", "Side: A side.txt"}},
		{"a range", false, []string{"HEAD~1..HEAD"}, []string{"Side: A side.txt", "Merge branch 'side':"}},
		{"a path", false, []string{"HEAD", "--", "side.txt"}, []string{"Side: A side.txt"}},
		{"the newest two", false, []string{"--max-count=2", "--first-parent"}, []string{"Rename: R drivers/b.c", "Merge branch 'side':"}},
		{"files of merges", true, []string{"--merges"}, []string{"Merge branch 'side': A side.txt"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := describe(read(t, &source.Git{Repo: dir, Revisions: test.revisions, MergeFiles: test.merges}))
			if test.revisions == nil { // the two branches may come in either order
				assert.ElementsMatch(t, test.want, got)
				assert.Equal(t, test.want[0], got[0])
				assert.Equal(t, test.want[3], got[3])
				return
			}
			assert.ElementsMatch(t, test.want, got)
		})
	}
}

func TestGitFillsInTheCommit(t *testing.T) {
	dir := smallHistory(t)
	c := read(t, &source.Git{Repo: filepath.Join(dir, "drivers"), Name: "small"})[0]
	assert.Equal(t, git(t, dir, "rev-parse", "main~2"), c.Hash.String())
	assert.Equal(t, git(t, dir, "rev-parse", "main~2^{tree}"), c.Tree.String())
	assert.Equal(t, "small", c.Repo)
	assert.Equal(t, stage.Signature{Name: "A U Thor", Mail: "author@example.com", Seconds: 1700000000, Zone: 100}, c.Author)
	assert.Equal(t, []stage.Trailer{{Key: "Signed-off-by", Value: "A U Thor <author@example.com>"}}, c.Trailers)
	content, err := c.Blobs.Blob(t.Context(), c.Files[0].NewID)
	assert.Error(t, err, "the source is closed")
	assert.Nil(t, content)
}

func TestGitNamesTheRepositoryAfterItsDirectory(t *testing.T) {
	work := smallHistory(t)
	bare := filepath.Join(t.TempDir(), "linux.git")
	git(t, ".", "clone", "-q", "--bare", work, bare)
	assert.Equal(t, "linux", read(t, &source.Git{Repo: bare})[0].Repo)
	assert.Equal(t, filepath.Base(work), read(t, &source.Git{Repo: work})[0].Repo)
}

func TestGitTreatsTheEndOfAShallowCloneAsARoot(t *testing.T) {
	dir := smallHistory(t)
	clone := filepath.Join(t.TempDir(), "shallow")
	git(t, ".", "clone", "-q", "--bare", "--depth=1", "file://"+dir, clone)
	commits := read(t, &source.Git{Repo: clone})
	require.Len(t, commits, 1)
	assert.Empty(t, commits[0].Parents)
	assert.Equal(t, []string{"Merge branch 'side': A README A drivers/b.c A side.txt"}, describe(commits))
}

func TestGitMarksFilesThatAPartialCloneLacks(t *testing.T) {
	dir := smallHistory(t)
	git(t, dir, "config", "uploadpack.allowFilter", "true")
	clone := filepath.Join(t.TempDir(), "partial")
	git(t, ".", "clone", "-q", "--bare", "--filter=blob:none", "file://"+dir, clone)
	var missing, patches int
	p := stage.New("partial")
	commits := stage.From(p, &source.Git{Repo: clone, Revisions: []string{"--no-merges"}})
	parsed := stage.Through(commits, stage.DiffParser{})
	stage.To(parsed, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		for i := range it.Value.Files {
			if it.Value.Files[i].Missing {
				missing++
			}
			patches += len(it.Value.Files[i].Patch)
		}
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 5, missing, "without contents the rename shows as a deletion and an addition")
	assert.Zero(t, patches)
}

func TestGitGivesEveryMessageInOrder(t *testing.T) {
	dir := smallHistory(t)
	for i := range 600 { // more than two blocks
		git(t, dir, "commit", "-q", "--allow-empty", "-m", fmt.Sprintf("Empty %d", i))
	}
	g := &source.Git{Repo: dir, Workers: 3}
	defer g.Close()
	var got []string
	require.NoError(t, g.Messages(t.Context(), func(m stage.Message) error {
		assert.EqualValues(t, len(got), m.Position)
		assert.EqualValues(t, 1700000100, m.Seconds)
		got = append(got, m.Hash.String()+" "+strings.TrimSpace(string(m.Text)))
		return nil
	}))
	want := strings.Split(git(t, dir, "log", "--topo-order", "--reverse", "--format=%H %B"), "\n")
	var nonEmpty []string
	for _, line := range want {
		if len(line) > 40 && line[40] == ' ' {
			nonEmpty = append(nonEmpty, line)
		}
	}
	require.Len(t, got, len(nonEmpty))
	for i := range got {
		assert.Truef(t, strings.HasPrefix(got[i], nonEmpty[i]), "%q, want %q", got[i], nonEmpty[i])
	}

	stop := fmt.Errorf("enough")
	calls := 0
	assert.ErrorIs(t, g.Messages(t.Context(), func(stage.Message) error { calls++; return stop }), stop)
	assert.Equal(t, 1, calls)
}

func TestGitRefusesBadInputBeforeAnyWork(t *testing.T) {
	history, empty, format := smallHistory(t), t.TempDir(), t.TempDir()
	git(t, empty, "init", "-q")
	git(t, format, "init", "-q", "--object-format=sha256")
	tests := []struct {
		name      string
		repo      string
		revisions []string
		want      error
		says      string
	}{
		{"no repository", t.TempDir(), nil, source.ErrNotRepository, ""},
		{"no directory", filepath.Join(history, "nowhere"), nil, os.ErrNotExist, ""},
		{"unknown revision", history, []string{"v9.9"}, source.ErrUnknownRevision, "v9.9"},
		{"unknown end of a range", history, []string{"main..v9.9"}, source.ErrUnknownRevision, "v9.9"},
		{"empty repository", empty, nil, source.ErrEmptyHistory, "commit to it"},
		{"empty range", history, []string{"main..main"}, source.ErrEmptyHistory, "main..main"},
		{"another object format", format, nil, source.ErrObjectFormat, "sha256"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := &source.Git{Repo: test.repo, Revisions: test.revisions}
			err := g.Open(t.Context())
			require.ErrorIs(t, err, test.want)
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "\n")
			assert.NoError(t, g.Close())
		})
	}
	t.Run("arguments that change the output", func(t *testing.T) {
		g := &source.Git{Repo: history, Revisions: []string{"--parents"}}
		assert.ErrorContains(t, g.Open(t.Context()), "leave out arguments")
	})
}

func TestGitSaysWhenGitIsMissingOrTooOld(t *testing.T) {
	history, bin := smallHistory(t), t.TempDir()
	t.Setenv("PATH", bin)
	assert.ErrorIs(t, (&source.Git{Repo: history}).Open(t.Context()), source.ErrGitMissing)
	require.NoError(t, os.WriteFile(filepath.Join(bin, "git"), []byte("#!/bin/sh\necho git version 1.8.3\n"), 0o755))
	assert.ErrorIs(t, (&source.Git{Repo: history}).Open(t.Context()), source.ErrGitTooOld)
}

func TestClone(t *testing.T) {
	history := smallHistory(t)
	target := filepath.Join(t.TempDir(), "below", "copy.git")
	var said strings.Builder
	require.NoError(t, source.Clone(t.Context(), "file://"+history, target, &said))
	assert.Len(t, read(t, &source.Git{Repo: target}), 4)

	err := source.Clone(t.Context(), "file://"+history, target, &said)
	assert.ErrorContains(t, err, "exists already")
	missing := filepath.Join(t.TempDir(), "missing.git")
	err = source.Clone(t.Context(), "file://"+history+"/nowhere", missing, &said)
	assert.ErrorContains(t, err, "nowhere")
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(missing), "*"))
	hidden, _ := filepath.Glob(filepath.Join(filepath.Dir(missing), ".*partial*"))
	assert.Empty(t, append(left, hidden...), "nothing is left of a clone that failed")
}

func TestCloneName(t *testing.T) {
	for url, want := range map[string]string{
		"https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git": "linux.git",
		"https://example.com/u-boot/":                                        "u-boot.git",
		"git@example.com:libbpf/libbpf":                                      "libbpf.git",
		"example.com:libbpf.git":                                             "libbpf.git",
		"../there/repo":                                                      "repo.git",
	} {
		assert.Equal(t, want, source.CloneName(url), url)
	}
}
