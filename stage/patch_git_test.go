package stage_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// patchRepo is a git repository that a test builds.
type patchRepo struct {
	t   testing.TB
	dir string
}

func newPatchRepo(t testing.TB) *patchRepo {
	r := &patchRepo{t: t, dir: t.TempDir()}
	r.git("init", "-q", "-b", "main")
	return r
}

func gitCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.com", "GIT_AUTHOR_DATE=2005-04-07T22:13:13+0200",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.com", "GIT_COMMITTER_DATE=2005-04-08T01:02:03-0700",
	)
	return cmd
}

func (r *patchRepo) git(args ...string) string {
	r.t.Helper()
	return r.gitIn("", args...)
}

// gitIn runs git with an input.
func (r *patchRepo) gitIn(input string, args ...string) string {
	r.t.Helper()
	var stderr bytes.Buffer
	cmd := gitCommand(r.dir, args...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(input), &stderr
	out, err := cmd.Output()
	require.NoError(r.t, err, "git %v: %s", args, &stderr)
	return string(out)
}

func (r *patchRepo) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(r.t, os.WriteFile(path, []byte(content), 0o644))
}

func (r *patchRepo) symlink(target, name string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	require.NoError(r.t, os.RemoveAll(path))
	require.NoError(r.t, os.Symlink(target, path))
}

func (r *patchRepo) commit(message string) {
	r.t.Helper()
	r.git("add", "-A")
	r.gitIn(message, "commit", "-q", "--allow-empty", "--allow-empty-message", "--cleanup=verbatim", "-F", "-")
}

// rawChange is a file's change as `git log --raw --numstat` tells it.
type rawChange struct {
	kind             stage.ChangeKind
	oldPath, newPath string
	oldMode, newMode stage.FileMode
	oldID, newID     stage.Hash
	similarity       int
	added, deleted   int
	binary           bool
}

// rawChanges reads `git log --raw --numstat -z --no-abbrev --format=%x01%H`, and
// calls each for every commit. Where git lacks an object it ends amid a commit,
// which is then given back.
func rawChanges(t testing.TB, r io.Reader, each func(commit string, changes []rawChange)) (cut string) {
	t.Helper()
	in := bufio.NewReaderSize(r, 1<<20)
	token := func() (string, bool) {
		s, err := in.ReadString(0)
		if err == io.EOF {
			require.Empty(t, s)
			return "", false
		}
		require.NoError(t, err)
		return strings.TrimSuffix(s, "\x00"), true
	}
	must := func() string {
		s, ok := token()
		require.True(t, ok, "git log ended early")
		return s
	}
	commit, changes, counted := "", []rawChange(nil), 0
	flush := func() {
		if commit != "" {
			require.Equal(t, len(changes), counted)
			each(commit, changes)
		}
		changes, counted = nil, 0
	}
	for {
		s, ok := token()
		if !ok && counted < len(changes) {
			return commit
		}
		if !ok {
			flush()
			return ""
		}
		s = strings.TrimPrefix(s, "\n")
		switch {
		case strings.HasPrefix(s, "\x01"):
			flush()
			commit = s[1:]
		case strings.HasPrefix(s, ":"):
			c := rawLine(t, s)
			switch path := must(); c.kind {
			case stage.Added:
				c.newPath = path
			case stage.Deleted:
				c.oldPath = path
			case stage.Renamed, stage.Copied:
				c.oldPath, c.newPath = path, must()
			default:
				c.oldPath, c.newPath = path, path
			}
			changes = append(changes, c)
		default:
			fields := strings.SplitN(s, "\t", 3)
			require.Len(t, fields, 3, "numstat line %q", s)
			if fields[2] == "" { // a rename: both paths follow
				must()
				must()
			}
			c := &changes[counted]
			counted++
			c.binary = fields[0] == "-"
			if !c.binary {
				c.added, _ = strconv.Atoi(fields[0])
				c.deleted, _ = strconv.Atoi(fields[1])
			}
		}
	}
}

func rawLine(t testing.TB, line string) (c rawChange) {
	t.Helper()
	fields := strings.Fields(line[1:])
	require.Len(t, fields, 5, "raw line %q", line)
	mode := func(s string) stage.FileMode {
		n, err := strconv.ParseUint(s, 8, 32)
		require.NoError(t, err)
		return stage.FileMode(n)
	}
	id := func(s string) stage.Hash {
		h, err := stage.ParseHash(s)
		require.NoError(t, err)
		return h
	}
	c.oldMode, c.newMode = mode(fields[0]), mode(fields[1])
	c.oldID, c.newID = id(fields[2]), id(fields[3])
	c.kind = stage.ChangeKind(fields[4][0])
	if c.kind == stage.Renamed || c.kind == stage.Copied {
		c.similarity, _ = strconv.Atoi(fields[4][1:])
	}
	return c
}

// asRaw gives the change as git log --raw would tell it.
func asRaw(f *stage.FileChange) rawChange {
	return rawChange{
		kind: f.Kind, oldPath: f.OldPath, newPath: f.NewPath, oldMode: f.OldMode, newMode: f.NewMode,
		oldID: f.OldID, newID: f.NewID, similarity: f.Similarity, added: f.Added, deleted: f.Deleted, binary: f.Binary,
	}
}

// patchSays takes from what git log --raw tells that which no patch text holds: ids,
// modes and binariness of what is renamed or copied unchanged, ids where only a
// mode changes, and the counts of a type change (see ParsePatch).
func patchSays(raw rawChange, f *stage.FileChange) rawChange {
	if raw.oldID == raw.newID {
		raw.oldID, raw.newID, raw.binary = stage.Hash{}, stage.Hash{}, false
		if raw.oldMode == raw.newMode {
			raw.oldMode, raw.newMode = 0, 0
		}
	}
	if raw.kind == stage.TypeChanged {
		raw.added, raw.deleted, raw.binary = f.Added, f.Deleted, f.Binary
	}
	return raw
}

// requireSameAsGit reads the repository's history as patch text and compares every
// commit with git's own plain tables. Options for both go into logArgs, those for
// the patch text alone into patchArgs.
func requireSameAsGit(t testing.TB, dir string, logArgs []string, patchArgs ...string) (commits, files int) {
	t.Helper()
	commits, files, cut := compareWithGit(t, dir, "", logArgs, patchArgs)
	require.Empty(t, cut)
	return commits, files
}

// compareWithGit does so for the revisions in logArgs, or for those of input if
// logArgs has --stdin. It ends early at a commit of which git lacks an object.
func compareWithGit(t testing.TB, dir, input string, logArgs, patchArgs []string) (commits, files int, cut string) {
	t.Helper()
	patches := gitOutput(t, dir, input, slices.Concat([]string{"log", "-p", "-M", "--full-index", "--no-merges", "--format=raw"}, patchArgs, logArgs)...)
	tables := gitOutput(t, dir, input, slices.Concat([]string{"log", "--raw", "--numstat", "-z", "-M", "--no-abbrev", "--no-merges", "--format=%x01%H"}, logArgs)...)
	reader := stage.NewPatchReader(patches, stage.PatchOptions{})
	cut = rawChanges(t, tables, func(commit string, raw []rawChange) {
		c, err := reader.Next()
		require.NoError(t, err)
		require.Equal(t, commit, c.Hash.String())
		require.Len(t, c.Files, len(raw), "files of %s", commit)
		for i := range raw {
			f := &c.Files[i]
			require.Equal(t, patchSays(raw[i], f), asRaw(f), "commit %s, file %d", commit, i)
			requireSound(t, f)
		}
		requireRoundTrip(t, c.Files)
		commits++
		files += len(raw)
	})
	if cut == "" {
		_, err := reader.Next()
		require.ErrorIs(t, err, io.EOF)
	}
	return commits, files, cut
}

// requireSound checks what a change says against its own patch.
func requireSound(t testing.TB, f *stage.FileChange) {
	t.Helper()
	added, deleted := 0, 0
	rest := f.Patch
	for _, hunk := range f.Hunks {
		_, after, found := strings.Cut("\n"+rest, "\n@@ -")
		require.True(t, found)
		var start int
		_, err := fmt.Sscanf(after, "%d", &start)
		require.NoError(t, err)
		require.Equal(t, start, hunk.OldStart)
		_, after, _ = strings.Cut(after, "\n")
		require.True(t, strings.HasPrefix(after, hunk.Text))
		rest = after[len(hunk.Text):]
		for line := range strings.Lines(hunk.Text) {
			switch line[0] {
			case '+':
				added++
			case '-':
				deleted++
			}
		}
	}
	if len(f.Hunks) > 0 && f.Kind != stage.TypeChanged { // whose second half may have no hunk
		require.Empty(t, rest, "text after the last hunk")
	}
	require.Equal(t, []int{added, deleted}, []int{f.Added, f.Deleted})
}

func requireRoundTrip(t testing.TB, files []stage.FileChange) {
	t.Helper()
	var text strings.Builder
	for i := range files {
		text.WriteString(files[i].Patch)
	}
	again, err := stage.ParsePatch(text.String())
	require.NoError(t, err)
	require.Equal(t, files, again)
}

// gitOutput runs git with an input and gives what it prints, as a stream.
func gitOutput(t testing.TB, dir, input string, args ...string) io.Reader {
	t.Helper()
	cmd := gitCommand(dir, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		out.Close()
		cmd.Wait() // ends by the closed pipe where the test has failed
	})
	return out
}

// bigRepo gives the real repository to test with, and its commits without merges:
// those of COMMITFLOW_RANGE, or all.
func bigRepo(t testing.TB) (dir string, commits []string) {
	dir = os.Getenv("COMMITFLOW_REPO")
	if dir == "" {
		t.Skip("set COMMITFLOW_REPO to a git directory to run this on a real history")
	}
	args := strings.Fields(os.Getenv("COMMITFLOW_RANGE"))
	if len(args) == 0 {
		args = []string{"HEAD"}
	}
	list, err := gitCommand(dir, append([]string{"rev-list", "--no-merges"}, args...)...).Output()
	require.NoError(t, err)
	return dir, strings.Fields(string(list))
}

// TestPatchesOfRealHistory compares with git over a whole real history.
func TestPatchesOfRealHistory(t *testing.T) {
	dir, list := bigRepo(t)
	same, files := 0, 0
	for len(list) > 0 {
		chunk := list[:min(len(list), 20000)]
		n, m, cut := compareWithGit(t, dir, strings.Join(chunk, "\n")+"\n", []string{"--no-walk=unsorted", "--stdin"}, nil)
		same, files = same+n, files+m
		list = list[n:]
		if cut != "" {
			t.Logf("git lacks an object of %s", cut)
			require.Equal(t, list[0], cut)
			list = list[1:]
		}
	}
	t.Logf("%d commits with %d files as git has them", same, files)
}
