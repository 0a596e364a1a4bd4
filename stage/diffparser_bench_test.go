package stage_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// BenchmarkDiffParser parses a sample of a real history from memory.
func BenchmarkDiffParser(b *testing.B) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		b.Skip("set COMMITFLOW_REPO to the git directory of a repository to take a sample of its history")
	}
	commits := sampleHistory(oracle{TB: b, repo: repo}, 1500)
	size := 0
	for _, c := range commits {
		blobs := c.Blobs.(*catFile)
		for _, content := range blobs.held {
			size += len(content)
		}
	}
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, c := range commits {
			if err := (stage.DiffParser{}).Process(b.Context(), c, func(*stage.Commit) {}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// sampleHistory gives n commits from all over a history, with their blobs.
func sampleHistory(o oracle, n int) []*stage.Commit {
	all := strings.SplitAfter(string(o.git(nil, "rev-list", "--no-merges", "HEAD")), "\n")
	var picked bytes.Buffer
	for i := 0; i < len(all); i += max(1, len(all)/n) {
		picked.WriteString(all[i])
	}
	reader := o.blobs()
	var commits []*stage.Commit
	for c := range o.changes(picked.Bytes()) {
		reader.held = nil
		reader.prefetch(c)
		c.Blobs = &catFile{held: reader.held}
		commits = append(commits, c)
	}
	require.NotEmpty(o, commits)
	return commits
}
