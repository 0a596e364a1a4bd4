package source

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// Both sides of a merge change files of the same directories. Once the history is loaded,
// the cache has been told that nobody will ask for what they leave behind.
func TestTreesThatAMergeLeavesBehindAreReleased(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
			"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.com")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	write := func(path, content string) {
		t.Helper()
		path = filepath.Join(dir, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	git("init", "-q", "-b", "main")
	for _, d := range []string{".", "both", "both/below"} {
		for n := range 40 { // so many that git makes deltas of them
			write(fmt.Sprintf("%s/file%d", d, n), fmt.Sprintln(d, n))
		}
	}
	git("add", ".")
	git("commit", "-qm", "Begin")
	git("checkout", "-q", "-b", "side")
	write("both/below/file3", "side\n")
	git("commit", "-qam", "Side")
	git("checkout", "-q", "main")
	write("both/below/file33", "main\n")
	git("commit", "-qam", "Main")
	git("merge", "-q", "--no-ff", "-m", "Merge branch 'side'", "side")
	git("repack", "-adfq")
	tree := func(revision string) stage.Hash {
		id, err := stage.ParseHash(git("rev-parse", revision))
		require.NoError(t, err)
		return id
	}

	g := &Git{Repo: dir}
	require.NoError(t, g.Open(t.Context()))
	defer g.Close()
	require.NoError(t, g.Read(t.Context(), func(c *stage.Commit) error { return g.Load(t.Context(), c) }))
	whole := strings.Repeat("0", 40)
	for _, path := range []string{":", ":both", ":both/below"} {
		for _, parent := range []string{"HEAD^1", "HEAD^2"} {
			info := exec.CommandContext(t.Context(), "git", "-C", dir, "cat-file", "--batch-check=%(deltabase)")
			info.Stdin = strings.NewReader(parent + path)
			base, err := info.Output()
			require.NoError(t, err)
			require.NotContains(t, string(base), whole, "what is stored whole stays in any case")
			_, held := g.objects.Held(tree(parent + path))
			require.False(t, held, parent+path)
		}
		_, held := g.objects.Held(tree("HEAD" + path))
		require.True(t, held, path)
	}
}
