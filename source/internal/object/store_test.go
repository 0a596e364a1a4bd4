package object

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryObjectOfARealRepository(t *testing.T) {
	dir := os.Getenv("COMMITFLOW_REPO")
	if dir == "" {
		t.Skip("set COMMITFLOW_REPO=DIR to compare every object of that repository with git")
	}
	s := openStore(t, dir, Options{})
	t.Logf("%d objects are equal", requireAllEqual(t, s, s.repo.GitDir))
	hits, misses := s.cache.counts()
	t.Logf("cache: %d hits, %d misses", hits, misses)
}

func TestPackedRepositoryReadsAsGitDoes(t *testing.T) {
	r := newRepo(t).history(40)
	r.git("repack", "-adfq", "--depth=250", "--window=250")
	require.Positive(t, requireAllEqual(t, r.open(Options{}), r.dir+"/.git"))
}
