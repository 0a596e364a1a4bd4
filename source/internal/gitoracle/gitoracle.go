// Package gitoracle lets tests ask git itself: it runs git on repositories,
// free of the machine's configuration, and reads its answers into records.
package gitoracle

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// Repo is a repository that a test works with.
type Repo struct {
	// Dir is the git directory.
	Dir string
}

// NewRepo makes an empty bare repository that lasts as long as the test.
func NewRepo(t testing.TB) Repo {
	t.Helper()
	r := Repo{Dir: t.TempDir()}
	r.Git(t, nil, "init", "--quiet", "--bare", "--initial-branch=main", r.Dir)
	return r
}

// Git runs git in the repository, with the standard input, and gives what it
// prints. The test ends if git fails.
func (r Repo) Git(t testing.TB, stdin []byte, args ...string) []byte {
	t.Helper()
	cmd := r.command(args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "git %s: %s", strings.Join(args, " "), &stderr)
	return out
}

// command prepares git with nothing but its defaults.
func (r Repo) command(args ...string) *exec.Cmd {
	cmd := exec.Command("git", append([]string{"--git-dir=" + r.Dir}, args...)...)
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.com", "GIT_AUTHOR_DATE=1000000000 +0000",
		"GIT_COMMITTER_NAME=A U Thor", "GIT_COMMITTER_EMAIL=author@example.com", "GIT_COMMITTER_DATE=1000000000 +0000",
	)
	return cmd
}

// Commit is a commit of `git log --raw`, with the trees that it compares.
type Commit struct {
	Hash   stage.Hash
	Tree   stage.Hash
	Parent stage.Hash // the parent's tree; zero for a root commit
	Files  []stage.FileChange
}

// Log gives the commits of a revision that are not merges, newest first, with
// their changes as `git log --raw` sees them under the given options.
func (r Repo) Log(t testing.TB, revision string, options ...string) []Commit {
	t.Helper()
	trees := map[string]stage.Hash{"": {}}
	for line := range strings.Lines(string(r.Git(t, nil, "log", "--format=%H %T", revision))) {
		hash, tree, _ := strings.Cut(strings.TrimSpace(line), " ")
		trees[hash] = parseHash(t, tree)
	}
	args := []string{"log", "--raw", "--no-abbrev", "-z", "--no-merges", "--root", "--format=commit %H %P"}
	out := string(r.Git(t, nil, append(append(args, options...), revision)...))

	var commits []Commit
	fields := nulFields(out)
	for len(fields) > 0 {
		head := strings.TrimPrefix(fields[0], "\n")
		if rest, ok := strings.CutPrefix(head, "commit "); ok {
			hash, parent, _ := strings.Cut(rest, " ")
			commits = append(commits, Commit{
				Hash: parseHash(t, hash), Tree: trees[hash], Parent: trees[parent],
			})
			fields = fields[1:]
			continue
		}
		last := &commits[len(commits)-1]
		var file stage.FileChange
		file, fields = parseRaw(t, head, fields[1:])
		last.Files = append(last.Files, file)
	}
	return commits
}

// DiffTree gives the changes between two trees as `git diff-tree -r` sees them
// under the given options.
func (r Repo) DiffTree(t testing.TB, before, after stage.Hash, options ...string) []stage.FileChange {
	t.Helper()
	args := append([]string{"diff-tree", "-r", "--raw", "--no-abbrev", "-z"}, options...)
	fields := nulFields(string(r.Git(t, nil, append(args, before.String(), after.String())...)))
	var files []stage.FileChange
	for len(fields) > 0 {
		var file stage.FileChange
		file, fields = parseRaw(t, fields[0], fields[1:])
		files = append(files, file)
	}
	return files
}

// WriteTree stores the bytes of a tree, whatever they are.
func (r Repo) WriteTree(t testing.TB, data []byte) stage.Hash {
	t.Helper()
	return parseHash(t, strings.TrimSpace(string(r.Git(t, data, "hash-object", "-t", "tree", "-w", "--literally", "--stdin"))))
}

// nulFields splits what -z has ended with NULs.
func nulFields(out string) []string {
	if out == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
}

// parseRaw reads one change in the format of `git diff-tree --raw -z`: the
// head, and one or two paths of the fields that follow it.
func parseRaw(t testing.TB, head string, fields []string) (stage.FileChange, []string) {
	t.Helper()
	part := strings.Fields(strings.TrimPrefix(head, ":"))
	require.Len(t, part, 5, "raw line %q", head)
	f := stage.FileChange{
		Kind:    stage.ChangeKind(part[4][0]),
		OldMode: parseMode(t, part[0]),
		NewMode: parseMode(t, part[1]),
		OldID:   parseHash(t, part[2]),
		NewID:   parseHash(t, part[3]),
	}
	f.OldPath, f.NewPath = fields[0], fields[0]
	used := 1
	switch f.Kind {
	case stage.Added:
		f.OldPath = ""
	case stage.Deleted:
		f.NewPath = ""
	case stage.Renamed, stage.Copied:
		f.NewPath, used = fields[1], 2
		var err error
		f.Similarity, err = strconv.Atoi(part[4][1:])
		require.NoError(t, err)
	}
	return f, fields[used:]
}

func parseMode(t testing.TB, s string) stage.FileMode {
	t.Helper()
	mode, err := strconv.ParseUint(s, 8, 32)
	require.NoError(t, err)
	return stage.FileMode(mode)
}

func parseHash(t testing.TB, s string) stage.Hash {
	t.Helper()
	hash, err := stage.ParseHash(s)
	require.NoError(t, err)
	return hash
}

// Lines writes changes one a line, as `git diff-tree --raw` does: what two
// lists are compared and shown by.
func Lines(files []stage.FileChange) []string {
	lines := make([]string, len(files))
	for i, f := range files {
		similarity, paths := "", f.Path()
		if f.Kind == stage.Renamed || f.Kind == stage.Copied {
			similarity, paths = fmt.Sprintf("%03d", f.Similarity), f.OldPath+"\t"+f.NewPath
		}
		lines[i] = fmt.Sprintf(":%s %s %s %s %s%s\t%s", f.OldMode, f.NewMode, f.OldID, f.NewID, f.Kind, similarity, paths)
	}
	return lines
}
