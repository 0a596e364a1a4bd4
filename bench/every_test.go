package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/bench/synthetic"
)

// units are what benchmarks report beside time and allocations, by the
// beginning of their names. The first that fits counts.
var units = []struct {
	name string
	want []string
}{
	{"BenchmarkCore/", []string{"ns/item/stage", "allocs/item/stage"}},
	{"BenchmarkWholeRun/", []string{"x-git-log", "commits/s", "peak-MB", "allocs/commit", "MB/s"}},
	{"BenchmarkLabelledRun/", []string{"x-git-log", "commits/s", "peak-MB", "allocs/commit", "MB/s"}},
	{"BenchmarkDatasetRun/", []string{"x-git-log", "commits/s", "peak-MB", "allocs/commit", "MB/s"}},
	{"BenchmarkSpeedUp", []string{"speed-up", "commits/s", "peak-MB", "allocs/commit", "MB/s"}},
	{"BenchmarkPaths/", []string{"x-git-raw", "commits/s", "peak-MB", "allocs/commit", "MB/s"}},
	{"BenchmarkMessages/", []string{"x-git-messages", "commits/s", "peak-MB", "allocs/commit", "MB/s"}},
	{"BenchmarkFlat", []string{"last/first", "commits/s", "peak-MB", "MB/s"}},
	{"BenchmarkObjects/", []string{"objects/s", "allocs/object", "MB/s"}},
	{"BenchmarkJSON/", []string{"rows/s", "allocs/row", "MB/s"}},
	{"BenchmarkZstd", []string{"rows/s", "allocs/row", "MB/s", "%-of-input"}},
	{"Benchmark", []string{"commits/s", "allocs/commit", "MB/s"}},
}

// Every benchmark runs, on a history of the least size, and reports what it
// should.
func TestEveryBenchmarkRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("runs all benchmarks once: left out with -short")
	}
	program, err := os.Executable()
	require.NoError(t, err)
	run := func(args ...string) string {
		command := exec.CommandContext(t.Context(), program, args...)
		command.Env = append(os.Environ(), repoVariable+"="+tinyHistory(t))
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	results := regexp.MustCompile(`(?m)^Benchmark.*/op.*$`).FindAllString(run("-test.run=^$", "-test.bench=.", "-test.benchtime=1x"), -1)
	for name := range strings.Lines(run("-test.list=^Benchmark")) {
		name = strings.TrimSpace(name)
		assert.Regexp(t, `(?m)^`+name+`[-/\s]`, strings.Join(results, "\n"), name)
	}
	for _, result := range results {
		for _, u := range units {
			if !strings.HasPrefix(result, u.name) {
				continue
			}
			for _, unit := range append(u.want, "ns/op", "B/op", "allocs/op") {
				assert.Regexp(t, `\s[0-9.e+]+ `+regexp.QuoteMeta(unit)+`(\s|$)`, result)
			}
			break
		}
	}
}

func tinyHistory(t *testing.T) string {
	t.Helper()
	repo := filepath.Join(t.TempDir(), "history.git")
	require.NoError(t, synthetic.Generate(t.Context(), synthetic.Options{Dir: repo, Commits: 300, Files: 120, MaxFileBytes: 160_000}))
	return repo
}
