package sink

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// childMode is the environment variable that makes the test binary a program
// that runs a sink; childDir names the sink's directory.
const (
	childMode = "COMMITFLOW_TEST_CHILD"
	childDir  = "COMMITFLOW_TEST_DIR"
)

const childRows = 1000

// runChild stores rows and then waits or ends, as the mode says.
func runChild(mode string) {
	if mode == "small files only" {
		signal.Ignore(syscall.SIGXFSZ)
		limit := syscall.Rlimit{Cur: 50_000, Max: 50_000}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
	}
	run := childRun
	if strings.HasPrefix(mode, "checkpoint") {
		run = childCheckpointed
	}
	if err := run(mode); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func childRun(mode string) (err error) {
	ctx := context.Background()
	j := &JSONL[text]{Dir: os.Getenv(childDir), ShardBytes: 200_000}
	defer func() {
		if closeErr := j.Close(); closeErr != nil {
			fmt.Println("close:", closeErr)
		}
	}()
	if err := j.Open(ctx); err != nil {
		return err
	}
	fmt.Println("open")
	random := rand.New(rand.NewPCG(1, 2))
	for i := range childRows {
		var noise strings.Builder // does not compress, so the file grows
		for range 100 {
			noise.WriteRune(rune('0' + random.IntN(5000)))
		}
		if err := j.Write(ctx, stage.Item[text]{Position: stage.Position(i), Value: text{noise.String()}}); err != nil {
			return err
		}
	}
	if mode == "wait" {
		time.Sleep(time.Minute)
	}
	return j.Finish(ctx)
}

func child(t *testing.T, mode, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childMode+"="+mode, childDir+"="+dir)
	return cmd
}

func TestKilledRunLeavesNoPartialDataset(t *testing.T) {
	begun := time.Now()
	whole := filepath.Join(t.TempDir(), "whole")
	out, err := child(t, "run", whole).CombinedOutput()
	require.NoError(t, err, "%s", out)
	took := time.Since(begun)
	want := shardTexts(t, whole)

	for range 12 {
		dir := filepath.Join(t.TempDir(), "dataset")
		cmd := child(t, "run", dir)
		require.NoError(t, cmd.Start())
		time.Sleep(rand.N(took))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()

		// What has a final name is whole, whenever the run was killed.
		if exists(filepath.Join(dir, "manifest.json")) {
			assert.Equal(t, want, shardTexts(t, dir))
		} else if exists(filepath.Join(dir, "data")) {
			require.NoError(t, os.Link(filepath.Join(dir, partialName, "manifest.json"), filepath.Join(dir, "manifest.json")))
			assert.Equal(t, want, shardTexts(t, dir))
			require.NoError(t, os.Remove(filepath.Join(dir, "manifest.json")))
		}

		// The next run starts afresh, or finds the dataset finished.
		j := &JSONL[text]{Dir: dir}
		if err := j.Open(t.Context()); err != nil {
			assert.ErrorIs(t, err, ErrOccupied)
			assert.Equal(t, want, shardTexts(t, dir))
			continue
		}
		assert.Equal(t, []string{".commitflow-partial/lock"}, files(t, dir))
		require.NoError(t, j.Close())
	}
}

func TestRemainsOfADeadProcessAreRemoved(t *testing.T) {
	dir := t.TempDir()
	cmd := child(t, "wait", dir)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "open\n", line)

	j := &JSONL[text]{Dir: dir}
	assert.ErrorIs(t, j.Open(t.Context()), ErrLocked, "while it lives")
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()

	rows := texts(10)
	store(t, j, rows, 1)
	assert.Equal(t, rows, decodeRows[text](t, shardTexts(t, dir)))
	assert.Equal(t, []string{"data/train-00000-of-00001.jsonl.zst", "manifest.json"}, files(t, dir))
}

// The two states that a crash can leave while the dataset is published.
func TestCrashWhilePublishing(t *testing.T) {
	interrupted := func(t *testing.T, moves ...string) string {
		dir := t.TempDir()
		store(t, &JSONL[text]{Dir: dir}, texts(10), 1)
		require.NoError(t, os.Mkdir(filepath.Join(dir, partialName), 0o777))
		for _, name := range append(moves, "lock") {
			if name == "lock" {
				require.NoError(t, os.WriteFile(filepath.Join(dir, partialName, name), nil, 0o666))
			} else {
				require.NoError(t, os.Rename(filepath.Join(dir, name), filepath.Join(dir, partialName, name)))
			}
		}
		return dir
	}
	t.Run("before the shards were moved: removed", func(t *testing.T) {
		dir := interrupted(t, "data", "manifest.json")
		store(t, &JSONL[text]{Dir: dir}, texts(3), 1)
		assert.EqualValues(t, 3, readManifest(t, dir).Rows)
	})
	for name, moves := range map[string][]string{
		"before the manifest was moved: completed": {"manifest.json"},
		"before the lock was removed: complete":    nil,
	} {
		t.Run(name, func(t *testing.T) {
			dir := interrupted(t, moves...)
			j := &JSONL[text]{Dir: dir}
			assert.ErrorContains(t, j.Open(t.Context()), "already holds a dataset")
			require.NoError(t, j.Close())
			assert.Equal(t, texts(10), decodeRows[text](t, shardTexts(t, dir)))
		})
	}
}

func TestFullDiskNamesTheFileAndLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dataset")
	out, err := child(t, "small files only", dir).CombinedOutput()
	require.Error(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.Len(t, lines, 2, "%s", out)
	assert.Regexp(t, `^jsonl: item \d+: write .*/train-00000\.jsonl\.zst: file too large$`, lines[1])
	assert.NoDirExists(t, dir)
}

func TestUnwritableDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	parent := t.TempDir()
	require.NoError(t, os.Chmod(parent, 0o555))
	for _, dir := range []string{parent, filepath.Join(parent, "dataset")} {
		err := (&JSONL[text]{Dir: dir}).Open(t.Context())
		assert.ErrorIs(t, err, os.ErrPermission)
		assert.ErrorContains(t, err, dir)
	}
}
