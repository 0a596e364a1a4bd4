package bench

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkWholeRun makes rows of all commits: renames, patches, hunks, score,
// subsystems, tags and links. x-git-log is its wall time divided by that of git
// printing the same patches right before.
func BenchmarkWholeRun(b *testing.B) {
	benchmarkRuns(b, commitRows, "x-git-log", "log", "-p", "--no-merges", "-M", "HEAD")
}

// BenchmarkLabelledRun makes the same rows with everything that the library finds
// out about commits. What it takes beyond BenchmarkWholeRun is the cost of patch-ids,
// people, maintainers, experience and expertise.
func BenchmarkLabelledRun(b *testing.B) {
	benchmarkRuns(b, labelledRows, "x-git-log", "log", "-p", "--no-merges", "-M", "HEAD")
}

// BenchmarkDatasetRun makes the rows of a training set.
func BenchmarkDatasetRun(b *testing.B) {
	benchmarkRuns(b, exampleRows, "x-git-log", "log", "-p", "--no-merges", "-M", "HEAD")
}

// BenchmarkPaths reads the commits and what files they change, renames
// included, without patches.
func BenchmarkPaths(b *testing.B) {
	benchmarkRuns(b, changedPaths, "x-git-raw", "log", "--raw", "--no-merges", "-M", "HEAD")
}

// BenchmarkMessages reads all messages, as a linker does before a run.
func BenchmarkMessages(b *testing.B) {
	benchmarkRuns(b, allMessages, "x-git-messages", "log", "--format=%B", "HEAD")
}

// benchmarkRuns measures whole runs against a git command, with one worker on
// one processor and with as many as there are.
func benchmarkRuns(b *testing.B, kind runKind, ratio string, gitArgs ...string) {
	repo := repository(b)
	for _, workers := range slices.Compact([]int{1, runtime.GOMAXPROCS(0)}) {
		b.Run("workers="+strconv.Itoa(workers), func(b *testing.B) {
			gitWall := timeGit(b, repo, gitArgs...)
			runs := repeat(b, order{Kind: kind, Repo: repo, Workers: workers})
			b.ReportMetric(runs.wall.Seconds()/float64(b.N)/gitWall.Seconds(), ratio)
		})
	}
}

// repeat carries out an order over and over, and reports what all kinds of run
// have in common. The account is that of all runs together.
func repeat(b *testing.B, o order) (sum account) {
	b.ReportAllocs() // of the child: see below
	parent := b.TempDir()
	for b.Loop() {
		o.Out = filepath.Join(parent, "rows")
		a := inChild(b, o)
		sum.wall += a.wall
		sum.cpu += a.cpu
		sum.Commits += a.Commits
		sum.Bytes += a.Bytes
		sum.Mallocs += a.Mallocs
		sum.AllocBytes += a.AllocBytes
		sum.PeakBytes = max(sum.PeakBytes, a.PeakBytes)
		sum.Progress = a.Progress
		b.StopTimer()
		require.NoError(b, os.RemoveAll(o.Out))
		b.StartTimer()
	}
	runs, commits := float64(b.N), float64(sum.Commits)
	b.SetBytes(int64(float64(sum.Bytes) / runs))
	b.ReportMetric(commits/sum.wall.Seconds(), "commits/s")
	b.ReportMetric(sum.cpu.Seconds()/runs, "cpu-s/op")
	b.ReportMetric(float64(sum.PeakBytes)/1e6, "peak-MB")
	b.ReportMetric(float64(sum.Mallocs)/runs, "allocs/op")
	b.ReportMetric(float64(sum.AllocBytes)/runs, "B/op")
	b.ReportMetric(float64(sum.Mallocs)/commits, "allocs/commit")
	return sum
}
