package stage_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// TestDiffParserOnHistory compares the patches and line counts of every commit
// of a real history that is not a merge with git's.
func TestDiffParserOnHistory(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		t.Skip("set COMMITFLOW_REPO to the git directory of a repository to compare its whole history with git")
	}
	compareHistory(t, repo, "HEAD")
}

// compareHistory runs a DiffParser over the commits of a revision and compares
// the result with what git prints.
func compareHistory(t *testing.T, repo string, revision ...string) {
	t.Helper()
	arguments := append([]string{"rev-list", "--no-merges"}, revision...)
	commits := gitOutput(t, repo, nil, arguments...)
	listing := startGit(t, repo, commits, "diff-tree", "--stdin", "--root", "-r", "-z", "-M", "--no-abbrev", "--raw", "--numstat")
	patches := &patchReader{r: bufio.NewReaderSize(startGit(t, repo, commits, "diff-tree", "--stdin", "--root", "-r", "-M", "--full-index", "-p"), 1<<20)}
	blobs := newCatFile(t, repo)

	var total, equal, unequal, skipped int
	for c, counts := range listChanges(t, listing) {
		blobs.prefetch(c)
		c.Blobs = blobs
		require.NoError(t, stage.DiffParser{}.Process(t.Context(), c, func(*stage.Commit) {}))
		want := patches.commit(t, c.Hash.String())
		var got strings.Builder
		for i := range c.Files {
			f := &c.Files[i]
			got.WriteString(f.Patch)
			total++
			if f.Missing || f.Truncated {
				skipped++
				t.Logf("commit %s: %s: missing %v, truncated %v", c.Hash, f.Path(), f.Missing, f.Truncated)
				continue
			}
			assert.Equalf(t, counts[i], numstat(f), "commit %s: %s", c.Hash, f.Path())
		}
		if got.String() == want {
			equal += len(c.Files)
			continue
		}
		for i := range c.Files {
			if strings.Contains(want, c.Files[i].Patch) {
				equal++
			} else {
				unequal++
				t.Errorf("commit %s: %s differs from git's patch", c.Hash, c.Files[i].Path())
			}
		}
	}
	t.Logf("%d file changes: %d equal, %d unequal (%d missing or truncated)", total, equal, unequal, skipped)
}

// numstat gives a file's counts as git prints them.
func numstat(f *stage.FileChange) string {
	if f.Binary {
		return "-\t-"
	}
	return fmt.Sprintf("%d\t%d", f.Added, f.Deleted)
}

// listChanges reads the output of git diff-tree --stdin -z --raw --numstat, and
// yields every commit with the counts of its files.
func listChanges(t testing.TB, r io.Reader) func(yield func(*stage.Commit, []string) bool) {
	fields := bufio.NewReader(r)
	next := func() (string, bool) {
		field, err := fields.ReadString(0)
		if err == io.EOF {
			return "", false
		}
		require.NoError(t, err)
		return strings.TrimSuffix(field, "\x00"), true
	}
	return func(yield func(*stage.Commit, []string) bool) {
		var c *stage.Commit
		var counts []string
		for {
			field, ok := next()
			switch {
			case !ok:
				if c != nil {
					yield(c, counts)
				}
				return
			case strings.HasPrefix(field, ":"):
				f := parseRaw(t, field)
				path, _ := next()
				if f.Kind != stage.Added {
					f.OldPath = path
				}
				if f.Kind == stage.Renamed || f.Kind == stage.Copied {
					path, _ = next()
				}
				if f.Kind != stage.Deleted {
					f.NewPath = path
				}
				c.Files = append(c.Files, f)
			case strings.Contains(field, "\t"):
				numbers, path := splitNumstat(field)
				counts = append(counts, numbers)
				if path == "" {
					next()
					next()
				}
			default:
				if c != nil && !yield(c, counts) {
					return
				}
				id, err := stage.ParseHash(field)
				require.NoError(t, err)
				c, counts = &stage.Commit{Hash: id}, nil
			}
		}
	}
}

// splitNumstat splits a record of --numstat into counts and path.
func splitNumstat(record string) (counts, path string) {
	parts := strings.SplitN(record, "\t", 3)
	return parts[0] + "\t" + parts[1], parts[2]
}

// parseRaw reads the fixed part of a record of --raw.
func parseRaw(t testing.TB, record string) stage.FileChange {
	parts := strings.Fields(record[1:])
	require.Len(t, parts, 5, record)
	mode := func(octal string) stage.FileMode {
		n, err := strconv.ParseUint(octal, 8, 32)
		require.NoError(t, err)
		return stage.FileMode(n)
	}
	id := func(hex string) stage.Hash {
		h, err := stage.ParseHash(hex)
		require.NoError(t, err)
		return h
	}
	f := stage.FileChange{
		Kind:    stage.ChangeKind(parts[4][0]),
		OldMode: mode(parts[0]), NewMode: mode(parts[1]),
		OldID: id(parts[2]), NewID: id(parts[3]),
	}
	if len(parts[4]) > 1 {
		score, err := strconv.Atoi(parts[4][1:])
		require.NoError(t, err)
		f.Similarity = score
	}
	return f
}

// patchReader splits the output of git diff-tree --stdin -p by commits: a line
// that holds nothing but a commit's id cannot be part of a patch.
type patchReader struct {
	r     *bufio.Reader
	ahead string // the id of the next commit
}

// commit gives the patch of a commit, which must be the next one.
func (p *patchReader) commit(t *testing.T, id string) string {
	if p.ahead == "" {
		line, err := p.r.ReadString('\n')
		require.NoError(t, err)
		p.ahead = strings.TrimSuffix(line, "\n")
	}
	require.Equal(t, id, p.ahead)
	var text bytes.Buffer
	for {
		line, err := p.r.ReadBytes('\n')
		if err == io.EOF {
			return text.String()
		}
		require.NoError(t, err)
		if len(line) == 41 && bytes.IndexByte([]byte("0123456789abcdef"), line[0]) >= 0 {
			if id, err := stage.ParseHash(string(line[:40])); err == nil {
				p.ahead = id.String()
				return text.String()
			}
		}
		text.Write(line)
	}
}

// catFile is a stage.Blobs over `git cat-file --batch`.
type catFile struct {
	in   io.Writer
	out  *bufio.Reader
	held map[stage.Hash][]byte // nil marks a missing blob
}

func newCatFile(t testing.TB, repo string) *catFile {
	command := gitCommand(t, repo, "cat-file", "--batch")
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		in.Close()
		command.Wait()
	})
	return &catFile{in: in, out: bufio.NewReaderSize(out, 1<<20), held: map[stage.Hash][]byte{}}
}

// prefetch loads the contents that a commit needs in one go.
func (b *catFile) prefetch(c *stage.Commit) {
	before := b.held
	b.held = map[stage.Hash][]byte{}
	var wanted []stage.Hash
	want := func(mode stage.FileMode, id stage.Hash) {
		if mode == stage.ModeNone || mode == stage.ModeSubmodule {
			return
		}
		if _, ok := b.held[id]; ok {
			return
		}
		b.held[id] = before[id]
		if _, ok := before[id]; !ok {
			wanted = append(wanted, id)
		}
	}
	for i := range c.Files {
		want(c.Files[i].OldMode, c.Files[i].OldID)
		want(c.Files[i].NewMode, c.Files[i].NewID)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var request []byte
		for _, id := range wanted {
			request = append(request, id.String()+"\n"...)
		}
		b.in.Write(request)
	}()
	for _, id := range wanted {
		header, err := b.out.ReadString('\n')
		if err != nil {
			panic(err)
		}
		if strings.HasSuffix(header, " missing\n") {
			continue
		}
		size, err := strconv.Atoi(strings.Fields(header)[2])
		if err != nil {
			panic(err)
		}
		content := make([]byte, size+1)
		if _, err := io.ReadFull(b.out, content); err != nil {
			panic(err)
		}
		b.held[id] = content[:size]
	}
	<-done
}

// Blob implements [stage.Blobs].
func (b *catFile) Blob(_ context.Context, id stage.Hash) ([]byte, error) {
	content := b.held[id]
	if content == nil {
		return nil, fmt.Errorf("blob %s: %w", id, stage.ErrMissing)
	}
	return content, nil
}

// gitCommand prepares a run of git that no user configuration can influence.
func gitCommand(t testing.TB, repo string, arguments ...string) *exec.Cmd {
	command := exec.Command("git", append([]string{"--git-dir=" + repo}, arguments...)...)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_NO_LAZY_FETCH=1", "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE=1600000000 +0000", "GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com",
		"GIT_COMMITTER_DATE=1600000000 +0000")
	command.Stderr = os.Stderr
	return command
}

// gitOutput runs git and gives what it prints.
func gitOutput(t testing.TB, repo string, input []byte, arguments ...string) []byte {
	t.Helper()
	command := gitCommand(t, repo, arguments...)
	command.Stdin = bytes.NewReader(input)
	out, err := command.Output()
	require.NoError(t, err, arguments)
	return out
}

// startGit starts git and gives its output as a stream.
func startGit(t testing.TB, repo string, input []byte, arguments ...string) io.Reader {
	t.Helper()
	command := gitCommand(t, repo, arguments...)
	command.Stdin = bytes.NewReader(input)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		io.Copy(io.Discard, out)
		command.Wait()
	})
	return out
}
