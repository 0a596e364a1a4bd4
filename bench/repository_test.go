package bench

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/bench/synthetic"
)

// repoVariable names the repository to measure on. It should be one in which
// no blob is missing, since git gives up there.
const repoVariable = "COMMITFLOW_REPO"

// repository is the directory of the repository that all benchmarks read: the
// one that the user has named, or else a synthetic history.
func repository(tb testing.TB) string {
	tb.Helper()
	if repo := os.Getenv(repoVariable); repo != "" {
		return repo
	}
	return syntheticRepository(tb)
}

// syntheticRepository is the one that is measured by default, and tested on.
func syntheticRepository(tb testing.TB) string {
	tb.Helper()
	repo, err := makeHistory()
	require.NoError(tb, err)
	return repo
}

// makeHistory makes a history once: large enough for all that a history holds
// to occur, and made in seconds.
var makeHistory = sync.OnceValues(func() (string, error) {
	repo := filepath.Join(scratch, "history.git")
	return repo, synthetic.Generate(context.Background(), synthetic.Options{Dir: repo, Commits: 2000, Files: 500, Seed: 1})
})

// scratch is the process's own directory.
var scratch string
