package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// orderVariable holds the order of a child process, as JSON.
//
// A whole run has a process to itself, this test's own program started anew:
// so its memory is not that of the benchmarks before it, GOMAXPROCS is set
// from the beginning, and what it takes to start and to end counts, as it does
// for git.
const orderVariable = "COMMITFLOW_BENCH_ORDER"

// account is what a run has done and what it took.
type account struct {
	result
	Mallocs, AllocBytes uint64
	// PeakBytes is the most memory that the process has held, pack mappings
	// included; 0 where the system does not tell.
	PeakBytes int64

	wall, cpu time.Duration // of the whole process
}

// obey is the child's side: it runs what the order says and writes the account.
func obey(orderJSON string, to io.Writer) error {
	// Package testing links what takes memory profiles, so that the runtime gathers
	// them here, which is a hundredth of a run's CPU. In a user's program it does not.
	runtime.MemProfileRate = 0
	defer stage.LimitGarbage()() // as the README recommends and the examples do
	var o order
	if err := json.Unmarshal([]byte(orderJSON), &o); err != nil {
		return fmt.Errorf("%s: %w", orderVariable, err)
	}
	out, err := o.run(context.Background())
	if err != nil {
		return err
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	peak, err := peakMemory()
	if err != nil {
		return err
	}
	return json.NewEncoder(to).Encode(account{result: out, Mallocs: memory.Mallocs, AllocBytes: memory.TotalAlloc, PeakBytes: peak})
}

// peakMemory reads VmHWM. The rusage of a process that has ended would not do:
// it counts the memory of the process that started it.
func peakMemory() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, nil
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, nil
}

// inChild runs an order in a process of its own.
func inChild(tb testing.TB, o order) (a account) {
	tb.Helper()
	orderJSON, err := json.Marshal(o)
	require.NoError(tb, err)
	program, err := os.Executable()
	require.NoError(tb, err)
	command := exec.CommandContext(tb.Context(), program)
	command.Env = append(os.Environ(), orderVariable+"="+string(orderJSON), "GOMAXPROCS="+strconv.Itoa(o.Workers))
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	began := time.Now()
	require.NoError(tb, command.Run(), "%s: %s", o.Kind, &stderr)
	wall := time.Since(began)
	require.NoError(tb, json.Unmarshal(stdout.Bytes(), &a), "%s", &stdout)
	a.wall, a.cpu = wall, command.ProcessState.UserTime()+command.ProcessState.SystemTime()
	return a
}

func TestPeakMemoryIsTheChildsOwn(t *testing.T) {
	const ballast = 256 << 20
	held := make([]byte, ballast)
	for i := 0; i < len(held); i += os.Getpagesize() {
		held[i] = 1
	}
	a := inChild(t, order{Kind: allMessages, Repo: syntheticRepository(t), Workers: 1})
	runtime.KeepAlive(held)
	if a.PeakBytes == 0 {
		t.Skip("this system does not tell how much memory a process held")
	}
	assert.Greater(t, a.PeakBytes, int64(4<<20))
	assert.Less(t, a.PeakBytes, int64(ballast))
}

func TestOrdersThatFailSayWhy(t *testing.T) {
	assert.ErrorContains(t, obey("", io.Discard), orderVariable)
	assert.ErrorContains(t, obey(`{"Kind": "nothing"}`, io.Discard), `unknown kind of run "nothing"`)
	assert.Error(t, obey(fmt.Sprintf(`{"Kind": "all messages", "Repo": %q}`, t.TempDir()), io.Discard), "no repository")
}

// What is timed is all of the history, and the same with any number of workers.
func TestRunsAreWhole(t *testing.T) {
	repo := syntheticRepository(t)
	count := func(args ...string) int { return strings.Count(gitOutput(t, nil, repo, args...), "\n") }
	commits := count("rev-list", "HEAD")

	one := inChild(t, order{Kind: commitRows, Repo: repo, Workers: 1, Out: t.TempDir()})
	assert.Equal(t, commits, one.Commits)
	assert.Equal(t, int64(commits), one.Rows)
	assert.Equal(t, uint64(commits), one.Progress[len(one.Progress)-1].Done)
	assert.Positive(t, one.Mallocs)
	assert.Positive(t, one.wall)
	two := inChild(t, order{Kind: commitRows, Repo: repo, Workers: 2, Out: t.TempDir()})
	assert.Equal(t, one.Bytes, two.Bytes)

	labelled := inChild(t, order{Kind: labelledRows, Repo: repo, Workers: 1, Out: t.TempDir()})
	assert.Equal(t, int64(commits), labelled.Rows)
	assert.Greater(t, labelled.Bytes, one.Bytes)
	two = inChild(t, order{Kind: labelledRows, Repo: repo, Workers: 2, Out: t.TempDir()})
	assert.Equal(t, labelled.Bytes, two.Bytes)

	examples := inChild(t, order{Kind: exampleRows, Repo: repo, Workers: 2, Out: t.TempDir()})
	assert.Equal(t, commits, examples.Commits)
	assert.InEpsilon(t, count("rev-list", "--no-merges", "HEAD"), examples.Rows, 0.1)

	paths := inChild(t, order{Kind: changedPaths, Repo: repo, Workers: 2})
	assert.Equal(t, commits, paths.Commits)
	assert.Equal(t, count("log", "--raw", "--no-merges", "-M", "--format=", "HEAD"), paths.Files)

	messages := inChild(t, order{Kind: allMessages, Repo: repo, Workers: 2})
	assert.Equal(t, commits, messages.Commits)
	assert.Positive(t, messages.Bytes)
}
