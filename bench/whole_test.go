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
	var one, all account
	for b.Loop() {
		one.add(carryOut(b, order{Kind: commitRows, Repo: repo, Workers: 1}))
		all.add(carryOut(b, order{Kind: commitRows, Repo: repo, Workers: processors}))
	}
	b.ReportMetric(one.wall.Seconds()/all.wall.Seconds(), "speed-up")
	one.add(all)
	one.report(b)
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
	for b.Loop() {
		b.StopTimer()
		before()
		b.StartTimer()
		sum.add(carryOut(b, o))
	}
	sum.report(b)
	return sum
}

// add adds the account of another run, whose progress is kept.
func (a *account) add(run account) {
	a.wall += run.wall
	a.cpu += run.cpu
	a.Commits += run.Commits
	a.Bytes += run.Bytes
	a.Mallocs += run.Mallocs
	a.AllocBytes += run.AllocBytes
	a.PeakBytes = max(a.PeakBytes, run.PeakBytes)
	a.Progress = run.Progress
}

// report reports what all runs of a benchmark took together.
func (a *account) report(b *testing.B) {
	b.ReportAllocs() // of the child: see below
	loops, commits := float64(b.N), float64(a.Commits)
	b.SetBytes(int64(float64(a.Bytes) / loops))
	b.ReportMetric(commits/a.wall.Seconds(), "commits/s")
	b.ReportMetric(a.cpu.Seconds()/loops, "cpu-s/op")
	b.ReportMetric(float64(a.PeakBytes)/1e6, "peak-MB")
	b.ReportMetric(float64(a.Mallocs)/loops, "allocs/op")
	b.ReportMetric(float64(a.AllocBytes)/loops, "B/op")
	b.ReportMetric(float64(a.Mallocs)/commits, "allocs/commit")
}
