package bench

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

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

// BenchmarkSpeedUp makes the rows of BenchmarkWholeRun with one worker on one processor
// and with a worker for each, by turns: speed-up is how many times as fast the latter
// is. A machine that others use as well gets faster and slower within minutes by more
// than what is to be told; so -benchtime 5x or more tells it best.
func BenchmarkSpeedUp(b *testing.B) {
	repo, processors := repository(b), runtime.GOMAXPROCS(0)
	if processors == 1 {
		b.Skip("there is one processor only")
	}
	var one, all time.Duration
	for b.Loop() {
		one += carryOut(b, order{Kind: commitRows, Repo: repo, Workers: 1}).wall
		all += carryOut(b, order{Kind: commitRows, Repo: repo, Workers: processors}).wall
	}
	b.ReportMetric(one.Seconds()/all.Seconds(), "speed-up")
}

// benchmarkRuns measures whole runs against a git command, which has its turn before
// each of them, with one worker on one processor and with as many as there are.
func benchmarkRuns(b *testing.B, kind runKind, ratio string, gitArgs ...string) {
	repo := repository(b)
	for _, workers := range slices.Compact([]int{1, runtime.GOMAXPROCS(0)}) {
		b.Run("workers="+strconv.Itoa(workers), func(b *testing.B) {
			gitWall := time.Duration(0)
			runs := repeat(b, order{Kind: kind, Repo: repo, Workers: workers}, func() { gitWall += timeGit(b, repo, gitArgs...) })
			b.ReportMetric(runs.wall.Seconds()/gitWall.Seconds(), ratio)
		})
	}
}

// carryOut carries out an order while the benchmark's time is taken, and clears away
// what it made.
func carryOut(b *testing.B, o order) account {
	o.Out = filepath.Join(b.TempDir(), "rows")
	a := inChild(b, o)
	b.StopTimer()
	require.NoError(b, os.RemoveAll(o.Out))
	b.StartTimer()
	return a
}

// repeat carries out an order over and over, each time after before, whose time does
// not count, and reports what all kinds of run have in common. The account is that of
// all runs together.
func repeat(b *testing.B, o order, before func()) (sum account) {
	b.ReportAllocs() // of the child: see below
	for b.Loop() {
		b.StopTimer()
		before()
		b.StartTimer()
		a := carryOut(b, o)
		sum.wall += a.wall
		sum.cpu += a.cpu
		sum.Commits += a.Commits
		sum.Bytes += a.Bytes
		sum.Mallocs += a.Mallocs
		sum.AllocBytes += a.AllocBytes
		sum.PeakBytes = max(sum.PeakBytes, a.PeakBytes)
		sum.Progress = a.Progress
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
