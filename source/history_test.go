package source_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/bench/synthetic"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// TestPatchesAreGits compares every patch and every line count of a history
// with what git log prints, and applies every patch to the content before.
//
// It runs on this project's own history, on a synthetic one that holds what is
// rare, and on the repository that COMMITFLOW_REPO names.
func TestPatchesAreGits(t *testing.T) {
	t.Run("own history", func(t *testing.T) {
		repo, err := filepath.Abs("..")
		require.NoError(t, err)
		if exec.Command("git", "-C", repo, "rev-parse", "--verify", "--quiet", "HEAD").Run() != nil {
			t.Skip("the sources are not in a git repository here")
		}
		compareHistory(t, repo)
	})
	t.Run("synthetic history", func(t *testing.T) {
		repo := filepath.Join(t.TempDir(), "synthetic.git")
		require.NoError(t, synthetic.Generate(t.Context(), synthetic.Options{Dir: repo, Commits: 1_000, Files: 300, Seed: 3, MaxFileBytes: 200_000}))
		compareHistory(t, repo)
	})
	t.Run("COMMITFLOW_REPO", func(t *testing.T) {
		repo := os.Getenv("COMMITFLOW_REPO")
		if repo == "" {
			t.Skip("set COMMITFLOW_REPO to the directory of a repository to compare all of it with git")
		}
		compareHistory(t, complete(t, repo))
	})
}

// complete gives a repository in which nothing is missing that HEAD reaches, as
// git log -p ends at the first missing blob. Where some are missing, that is a
// new one which borrows the objects of repo and has a stand-in for each.
func complete(t *testing.T, repo string) string {
	var missing []string
	for line := range strings.Lines(git(t, repo, "rev-list", "--objects", "--missing=print", "--no-object-names", "HEAD") + "\n") {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "?"); ok {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return repo
	}
	t.Logf("stand-ins for the missing blobs %v", missing)
	whole := t.TempDir()
	git(t, whole, "init", "-q", "--bare", "-b", "main")
	objects, err := filepath.Abs(filepath.Join(repo, git(t, repo, "rev-parse", "--git-path", "objects")))
	require.NoError(t, err)
	write(t, whole, "objects/info/alternates", objects+"\n")
	git(t, whole, "update-ref", "refs/heads/main", git(t, repo, "rev-parse", "HEAD"))
	write(t, whole, "stand-in", "stand-in\n")
	standIn := git(t, whole, "hash-object", "-w", "stand-in")
	for _, id := range missing {
		git(t, whole, "update-ref", "refs/replace/"+id, standIn)
	}
	return whole
}

func compareHistory(t *testing.T, repo string) {
	log := startLog(t, repo)
	var files, missing, differing, unapplied int
	compare := func(_ context.Context, it stage.Item[*stage.Commit]) error {
		c := it.Value
		want := log.next(c.Hash)
		files += len(c.Files)
		for i := range c.Files {
			f := &c.Files[i]
			if f.Missing {
				missing++
				t.Logf("%s %s: a blob is not in the repository", c.Hash, f.Path())
			} else if err := applies(f); err != nil {
				if unapplied++; unapplied <= 10 {
					t.Errorf("%s %s: %v", c.Hash, f.Path(), err)
				}
			}
		}
		if got := logEntry(c); got != want {
			if hasMissing(c) { // git gives up on the file, or on the commit
				return nil
			}
			if differing++; differing <= 10 {
				t.Errorf("%s: git prints\n%.2000s\nand we\n%.2000s", c.Hash, want, got)
			}
		}
		return nil
	}
	p := stage.New("compare")
	commits := stage.From(p, &source.Git{Repo: repo, Revisions: []string{"HEAD", "--no-merges"}}, stage.Workers(0))
	parsed := stage.Through(commits, stage.DiffParser{Contents: true}, stage.Workers(0))
	stage.To(parsed, stage.SinkFunc[*stage.Commit](compare))
	report, err := p.Run(t.Context())
	require.NoError(t, err)
	t.Logf("%d commits with %d files: %d files with missing blobs, %d commits differ, %d patches do not apply\n%s",
		log.commits, files, missing, differing, unapplied, report)
	assert.Positive(t, log.commits)
	assert.Zero(t, differing, "commits that differ from git's")
	assert.Zero(t, unapplied, "patches that do not give the content after")
}

func hasMissing(c *stage.Commit) bool {
	for i := range c.Files {
		if c.Files[i].Missing {
			return true
		}
	}
	return false
}

// logEntry is what git log --numstat -p prints of a commit, with the paths left
// out of the numstat lines.
func logEntry(c *stage.Commit) string {
	if len(c.Files) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte('\n')
	for i := range c.Files {
		f := &c.Files[i]
		if f.Binary {
			b.WriteString("-\t-\n")
		} else {
			fmt.Fprintf(&b, "%d\t%d\n", f.Added, f.Deleted)
		}
	}
	b.WriteByte('\n')
	for i := range c.Files {
		b.WriteString(c.Files[i].Patch)
	}
	return b.String()
}

// gitLog reads the output of git log commit by commit.
type gitLog struct {
	t       *testing.T
	out     *bufio.Reader
	commits int
}

func startLog(t *testing.T, repo string) *gitLog {
	command := exec.CommandContext(t.Context(), "git", "-C", repo, "log", "--topo-order", "--reverse", "--no-merges",
		"-M", "-p", "--numstat", "--full-index", "--no-ext-diff", "--no-textconv", "--format=%x00%H", "HEAD")
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1")
	command.Stderr = os.Stderr
	pipe, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_, _ = io.Copy(io.Discard, pipe)
		_ = command.Wait()
	})
	l := &gitLog{t: t, out: bufio.NewReaderSize(pipe, 1<<20)}
	_, err = l.out.ReadByte() // the first commit's NUL
	require.NoError(t, err)
	return l
}

// next gives what git prints of the next commit, which must be the one with
// the given hash, in the form of logEntry. A NUL begins each commit; one that is
// part of a patch is told from it by the 40 digits that follow.
func (l *gitLog) next(id stage.Hash) string {
	l.t.Helper()
	l.commits++
	head := make([]byte, 40+1)
	_, err := io.ReadFull(l.out, head)
	require.NoError(l.t, err, "git log ends before %s", id)
	require.Equal(l.t, id.String()+"\n", string(head), "the next commit of git log")
	var entry []byte
	for {
		part, err := l.out.ReadSlice(0)
		entry = append(entry, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(l.t, err)
		if next, _ := l.out.Peek(41); len(next) == 41 && next[40] == '\n' && isHex(next[:40]) {
			entry = entry[:len(entry)-1]
			break
		}
	}
	return withoutPaths(entry)
}

func isHex(p []byte) bool {
	return len(bytes.Trim(p, "0123456789abcdef")) == 0
}

// withoutPaths cuts the paths off the numstat lines, whose form for renames is
// not that of any other output.
func withoutPaths(entry []byte) string {
	stat, patches, ok := bytes.Cut(entry, []byte("\n\n"))
	if !ok {
		return string(entry)
	}
	var b strings.Builder
	for line := range bytes.Lines(append(stat, '\n')) {
		counts := bytes.SplitN(line, []byte("\t"), 3)
		if len(counts) == 3 {
			fmt.Fprintf(&b, "%s\t%s\n", counts[0], counts[1])
		} else {
			b.Write(line)
		}
	}
	b.WriteByte('\n')
	b.Write(patches)
	return b.String()
}

// applies tells whether the hunks turn the content before into the content
// after. It goes by nothing but the hunks' texts and numbers.
func applies(f *stage.FileChange) error {
	if f.Binary || f.OldMode.Type() == stage.ModeSubmodule || f.NewMode.Type() == stage.ModeSubmodule {
		return nil
	}
	if f.Kind == stage.TypeChanged { // a patch that deletes and one that adds
		return nil
	}
	before := string(f.Before)
	var after strings.Builder
	line := 1
	for _, h := range f.Hunks {
		start := h.OldStart
		if h.OldLines == 0 {
			start++ // the lines go after OldStart
		}
		for ; line < start; line++ {
			kept, rest, ok := cutLine(before)
			if !ok {
				return fmt.Errorf("hunk at -%d: the content before ends at line %d", h.OldStart, line)
			}
			after.WriteString(kept)
			before = rest
		}
		removed, added := sides(h.Text)
		rest, ok := strings.CutPrefix(before, removed)
		if !ok {
			return fmt.Errorf("hunk at -%d: the lines it removes are not there", h.OldStart)
		}
		after.WriteString(added)
		before = rest
		line += h.OldLines
	}
	after.WriteString(before)
	if after.String() != string(f.After) {
		return errors.New("the result is not the content after")
	}
	return nil
}

func cutLine(s string) (line, rest string, ok bool) {
	if end := strings.IndexByte(s, '\n'); end >= 0 {
		return s[:end+1], s[end+1:], true
	}
	return s, "", s != ""
}

// sides gives the text that a hunk removes, with its context, and the text that
// it puts there.
func sides(text string) (removed, added string) {
	var sides [2]strings.Builder
	var lines []string
	for line := range strings.Lines(text) {
		if line[0] == '\\' { // the line before has no newline at its end
			last := len(lines) - 1
			lines[last] = strings.TrimSuffix(lines[last], "\n")
			continue
		}
		lines = append(lines, line)
	}
	for _, line := range lines {
		if line[0] != '+' {
			sides[0].WriteString(line[1:])
		}
		if line[0] != '-' {
			sides[1].WriteString(line[1:])
		}
	}
	return sides[0].String(), sides[1].String()
}

// TestPatchesApplyWithGit rebuilds trees from patches: git apply puts the
// patches of a commit on its parent's tree, and the result must be the commit's
// tree.
func TestPatchesApplyWithGit(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		repo = ".."
		if exec.Command("git", "-C", repo, "rev-parse", "--verify", "--quiet", "HEAD").Run() != nil {
			t.Skip("the sources are not in a git repository here")
		}
	}
	count, err := exec.Command("git", "-C", repo, "rev-list", "--count", "--no-merges", "HEAD").Output()
	require.NoError(t, err)
	total, err := strconv.Atoi(strings.TrimSpace(string(count)))
	require.NoError(t, err)
	every := stage.Position(max(1, total/50))

	rebuilt := 0
	p := stage.New("apply")
	commits := stage.From(p, &source.Git{Repo: repo, Revisions: []string{"--no-merges"}})
	sample := stage.Filter(commits, "sample", func(c *stage.Commit) bool { return c.Position%every == 0 })
	parsed := stage.Through(sample, stage.DiffParser{})
	stage.To(parsed, stage.SinkFunc[*stage.Commit](func(ctx context.Context, it stage.Item[*stage.Commit]) error {
		if isText(it.Value) {
			rebuilt++
			assert.Empty(t, differenceOfPatches(t, repo, it.Value), it.Value.Hash)
		}
		return nil
	}))
	_, err = p.Run(t.Context())
	require.NoError(t, err)
	assert.Positive(t, rebuilt)
	t.Logf("%d trees rebuilt", rebuilt)
}

// isText tells that the patches hold all of the change: those of binary files
// do not.
func isText(c *stage.Commit) bool {
	for i := range c.Files {
		if c.Files[i].Binary || c.Files[i].Missing {
			return false
		}
	}
	return len(c.Files) > 0
}

// differenceOfPatches puts a commit's patches on its parent's tree, and gives how the
// commit's tree differs from what comes of it.
func differenceOfPatches(t *testing.T, repo string, c *stage.Commit) string {
	scratch := t.TempDir()
	gitDir := git(t, repo, "rev-parse", "--path-format=absolute", "--git-common-dir")
	git := func(stdin string, args ...string) string {
		command := exec.Command("git", args...)
		command.Dir = scratch // no attributes of a work tree
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
			"GIT_DIR="+gitDir, "GIT_WORK_TREE="+scratch,
			"GIT_INDEX_FILE="+filepath.Join(scratch, "index"),
			"GIT_OBJECT_DIRECTORY="+filepath.Join(scratch, "objects"),
			"GIT_ALTERNATE_OBJECT_DIRECTORIES="+filepath.Join(gitDir, "objects"))
		command.Stdin = strings.NewReader(stdin)
		out, err := command.CombinedOutput()
		require.NoErrorf(t, err, "%s: git %v: %s", c.Hash, args, out)
		return strings.TrimSpace(string(out))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(scratch, "objects"), 0o755))
	if len(c.Parents) > 0 {
		git("", "read-tree", c.Parents[0].String())
	}
	var patches strings.Builder
	for i := range c.Files {
		patches.WriteString(c.Files[i].Patch)
	}
	git(patches.String(), "apply", "--cached", "--whitespace=nowarn", "-")
	// Old trees hold mode 100664, which is 100644 to git.
	return git("", "diff-tree", "-r", c.Tree.String(), git("", "write-tree", "--missing-ok"))
}
