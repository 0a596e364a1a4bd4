package bench

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// pipeline runs everything that the library can do with a history: renames,
// patches, hunks, score, tags, subsystems, links, rows, JSON and zstd. No
// commit is filtered out.
func pipeline(ctx context.Context, repo, out string, workers int) (*stage.Report, error) {
	git := &source.Git{Repo: repo, Workers: workers}
	w := stage.Workers(workers)
	p := stage.New("whole run")
	commits := stage.From(p, git, w)
	parsed := stage.Through(commits, stage.DiffParser{Contents: true}, w)
	scored := stage.Through(parsed, score.Heuristic{}, w)
	placed := stage.Through(scored, stage.Subsystems{}, w)
	tagged := stage.Through(placed, stage.Classifier{}, w)
	linked := stage.Through(tagged, &stage.ChainLinker{Messages: git}, w)
	rows := stage.Through(linked, stage.Dataset{}, w)
	stage.To(rows, &sink.JSONL[*stage.Example]{Dir: out}, w)
	return p.Run(ctx)
}

// repository is the one that COMMITFLOW_REPO names.
func repository(b *testing.B) string {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		b.Skip("set COMMITFLOW_REPO to the directory of a repository")
	}
	return repo
}

// BenchmarkWholeRun reports, beside time and memory, how the run compares with
// git printing the same patches: x-git-log is our wall time divided by that of
// `git log -p --no-merges -M HEAD`, taken right before.
func BenchmarkWholeRun(b *testing.B) {
	repo := repository(b)
	for _, workers := range []int{1, runtime.GOMAXPROCS(0)} {
		b.Run("workers="+strconv.Itoa(workers), func(b *testing.B) {
			if workers == 1 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			}
			git := timeGit(b, repo, "log", "-p", "--no-merges", "-M", "HEAD")
			b.ReportAllocs()
			var commits uint64
			for b.Loop() {
				report, err := pipeline(b.Context(), repo, b.TempDir(), workers)
				require.NoError(b, err)
				commits = report.Stages[0].In
				b.Log(report)
			}
			perRun := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(perRun/git.Seconds(), "x-git-log")
			b.ReportMetric(float64(commits)/perRun, "commits/s")
			b.ReportMetric(peakMemory(b), "peak-MB")
		})
	}
}

// timeGit runs git with its output thrown away and gives the wall time.
func timeGit(b *testing.B, repo string, args ...string) time.Duration {
	command := exec.CommandContext(b.Context(), "git", append([]string{"--git-dir=" + repo}, args...)...)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1")
	began := time.Now()
	require.NoError(b, command.Run())
	return time.Since(began)
}

// peakMemory is the most memory that the process has held so far, mappings
// included, in MB; 0 where the system does not tell.
func peakMemory(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			require.NoError(b, err)
			return kilobytes / 1e3
		}
	}
	return 0
}
