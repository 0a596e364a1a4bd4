package stage_test

import (
	"os"
	"testing"
)

// TestDiffParserOnHistory compares the patches and line counts of every commit
// of a real history that is not a merge with git's.
func TestDiffParserOnHistory(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		t.Skip("set COMMITFLOW_REPO to the git directory of a repository to compare its whole history with git")
	}
	oracle{TB: t, repo: repo}.compareHistory("HEAD")
}
