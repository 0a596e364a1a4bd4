package source_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/bench/synthetic"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// TestPatchIDsAreGits compares the patch-ids of all commits that are no merges
// with those of git patch-id.
func TestPatchIDsAreGits(t *testing.T) {
	t.Run("synthetic history", func(t *testing.T) {
		repo := filepath.Join(t.TempDir(), "synthetic.git")
		require.NoError(t, synthetic.Generate(t.Context(), synthetic.Options{Dir: repo, Commits: 1_000, Files: 300, Seed: 5, MaxFileBytes: 200_000}))
		comparePatchIDs(t, repo)
	})
	t.Run("COMMITFLOW_REPO", func(t *testing.T) {
		repo := os.Getenv("COMMITFLOW_REPO")
		if repo == "" {
			t.Skip("set COMMITFLOW_REPO to the directory of a repository to compare all of it with git")
		}
		comparePatchIDs(t, complete(t, repo))
	})
}

func comparePatchIDs(t *testing.T, repo string) {
	stable, verbatim := patchIDsByGit(t, repo)
	var commits, without, differing, missing int
	p := stage.New("compare")
	read := stage.From(p, &source.Git{Repo: repo, Revisions: []string{"HEAD", "--no-merges"}}, stage.Workers(0))
	parsed := stage.Through(read, stage.DiffParser{}, stage.Workers(0))
	identified := stage.Through(parsed, stage.PatchIDs{}, stage.Workers(0))
	stage.To(identified, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		c := it.Value
		commits++
		if hasMissing(c) {
			missing++
			return nil
		}
		if c.PatchID.IsZero() {
			without++
		}
		if c.PatchID != stable[c.Hash] || stage.VerbatimPatchID(c.Files) != verbatim[c.Hash] {
			if differing++; differing <= 10 {
				t.Errorf("%s: patch-id %s, git has %s; verbatim %s, git has %s",
					c.Hash, c.PatchID, stable[c.Hash], stage.VerbatimPatchID(c.Files), verbatim[c.Hash])
			}
		}
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	t.Logf("%d commits: %d patch-ids differ, %d have none, %d with missing blobs not compared", commits, differing, without, missing)
	assert.Zero(t, differing)
	assert.Zero(t, missing)
	assert.Equal(t, commits, len(stable)+without)
}

// patchIDsByGit gives git's patch-ids by commit; git log runs once for both.
func patchIDsByGit(t *testing.T, repo string) (stable, verbatim map[stage.Hash]stage.Hash) {
	log := exec.CommandContext(t.Context(), "git", "-C", repo, "log", "-p", "--full-index", "--no-merges",
		"--no-ext-diff", "--no-textconv", "HEAD")
	log.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1")
	log.Stderr = os.Stderr
	var inputs []io.Writer
	var closers []io.Closer
	var results []chan map[stage.Hash]stage.Hash
	for _, option := range []string{"--stable", "--verbatim"} {
		command := exec.CommandContext(t.Context(), "git", "patch-id", option)
		command.Stderr = os.Stderr
		in, err := command.StdinPipe()
		require.NoError(t, err)
		out, err := command.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, command.Start())
		inputs, closers = append(inputs, in), append(closers, in)
		result := make(chan map[stage.Hash]stage.Hash, 1)
		results = append(results, result)
		go func() {
			ids := map[stage.Hash]stage.Hash{}
			lines := bufio.NewScanner(out)
			for lines.Scan() {
				id, commit, _ := strings.Cut(lines.Text(), " ")
				ids[hash(t, commit)] = hash(t, id)
			}
			assert.NoError(t, command.Wait())
			result <- ids
		}()
	}
	log.Stdout = io.MultiWriter(inputs...)
	require.NoError(t, log.Run())
	for _, c := range closers {
		require.NoError(t, c.Close())
	}
	return <-results[0], <-results[1]
}

func hash(t *testing.T, text string) stage.Hash {
	h, err := stage.ParseHash(text)
	assert.NoError(t, err)
	return h
}
