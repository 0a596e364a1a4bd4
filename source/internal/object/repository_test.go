package object

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/stage"
)

// testRepo is a repository made by git for one test.
type testRepo struct {
	testing.TB
	dir string
}

func newRepo(t testing.TB) testRepo {
	r := testRepo{t, t.TempDir()}
	r.git("init", "-q", "-b", "main", ".")
	return r
}

func (r testRepo) git(args ...string) string { return r.gitWith(nil, args...) }

func (r testRepo) gitWith(stdin io.Reader, args ...string) string {
	r.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = r.dir, stdin
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=A U Thor",
		"GIT_AUTHOR_EMAIL=author@example.com", "GIT_AUTHOR_DATE=1112911993 -0700",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.com",
		"GIT_COMMITTER_DATE=1112911993 -0700", "LC_ALL=C")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(r, err, "git %s: %s", strings.Join(args, " "), stderr.String())
	return strings.TrimSuffix(string(out), "\n")
}

// id asks git for an object's id.
func (r testRepo) id(revision string) stage.Hash {
	r.Helper()
	id, err := stage.ParseHash(r.git("rev-parse", "--verify", revision))
	require.NoError(r, err)
	return id
}

// history commits n versions of a few files, of which one grows long enough for
// deltas of deltas and copies beyond 64 KiB.
func (r testRepo) history(n int) testRepo {
	r.Helper()
	var in strings.Builder
	random := rand.New(rand.NewPCG(1, 2))
	lines := make([]string, 2000)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d of the long file: %x\n", i, random.Uint64())
	}
	data := func(text string) { fmt.Fprintf(&in, "data %d\n%s\n", len(text), text) }
	for i := range n {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C O Mitter <committer@example.com> %d +0200\n", 1112911993+i)
		data(fmt.Sprintf("commit %d\n\nSigned-off-by: A U Thor <author@example.com>\n", i))
		lines[random.IntN(len(lines))] = fmt.Sprintf("changed by %d: %x\n", i, random.Uint64())
		fmt.Fprintf(&in, "M 100644 inline long.txt\n")
		data(strings.Join(lines, ""))
		fmt.Fprintf(&in, "M 100644 inline dir/%d/small.txt\n", i%7)
		data(fmt.Sprintf("small %d\n", i))
		if i == 0 {
			fmt.Fprintf(&in, "M 100644 inline empty\n")
			data("")
		}
	}
	fmt.Fprintf(&in, "tag v1\nfrom refs/heads/main\ntagger C O Mitter <committer@example.com> 1112911993 +0200\n")
	data("an annotated tag\n")
	r.gitWith(strings.NewReader(in.String()), "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
	return r
}

func (r testRepo) open(options Options) *Store {
	r.Helper()
	return openStore(r.TB, r.dir, options)
}

func openStore(t testing.TB, dir string, options Options) *Store {
	t.Helper()
	repo, err := gitcmd.Open(context.Background(), dir)
	require.NoError(t, err)
	s, err := Open(context.Background(), repo, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// eachObject calls each for every object as `git cat-file --batch` prints it.
func eachObject(t testing.TB, gitDir string, each func(id stage.Hash, typ Type, content []byte)) {
	t.Helper()
	cmd := exec.Command("git", "--git-dir="+gitDir, "cat-file", "--batch-all-objects", "--unordered", "--batch", "--buffer")
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_REPLACE_OBJECTS=1")
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	out := bufio.NewReaderSize(pipe, 1<<20)
	var content []byte
	for {
		line, err := out.ReadString('\n')
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		var hex, word string
		var size int
		_, err = fmt.Sscanf(line, "%s %s %d", &hex, &word, &size)
		require.NoError(t, err, line)
		id, err := stage.ParseHash(hex)
		require.NoError(t, err)
		typ, err := parseType([]byte(word))
		require.NoError(t, err)
		if cap(content) < size+1 {
			content = make([]byte, 2*size+1)
		}
		_, err = io.ReadFull(out, content[:size+1])
		require.NoError(t, err)
		each(id, typ, content[:size])
	}
	require.NoError(t, cmd.Wait())
}

// requireAllEqual compares every object of a repository with git's reading.
func requireAllEqual(t testing.TB, s *Store, gitDir string) (count int) {
	t.Helper()
	ctx := context.Background()
	eachObject(t, gitDir, func(id stage.Hash, typ Type, content []byte) {
		count++
		gotType, size, err := s.Stat(ctx, id)
		require.NoError(t, err)
		if gotType != typ || size != int64(len(content)) {
			require.Failf(t, "wrong header", "%s: %v of %d bytes, want %v of %d", id, gotType, size, typ, len(content))
		}
		gotType, got, err := s.Get(ctx, id)
		require.NoError(t, err)
		if gotType != typ || !bytes.Equal(got, content) {
			require.Failf(t, "wrong object", "%s: %v of %d bytes, want %v of %d", id, gotType, len(got), typ, len(content))
		}
	})
	return count
}

// packFiles lists the files in a repository's pack directory with the suffix.
func (r testRepo) packFiles(suffix string) []string {
	r.Helper()
	names, err := filepath.Glob(filepath.Join(r.dir, ".git", "objects", "pack", "*"+suffix))
	require.NoError(r, err)
	return names
}
