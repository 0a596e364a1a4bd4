package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// tripled is a pipeline with a checkpoint that makes three rows of each number
// and stores them in shards of about a hundred rows.
func tripled[T ~struct {
	Text string `json:"text"`
}](checkpoint string, j *JSONL[T], numbers int, each func(n int) error) *stage.Pipeline {
	p := stage.New("tripled", stage.WithCheckpoint(checkpoint, nil))
	source := stage.SourceFunc[int](func(_ context.Context, emit func(int) error) error {
		for n := range numbers {
			if err := emit(n); err != nil {
				return err
			}
		}
		return nil
	})
	rows := stage.FlatMap(stage.From(p, source), "triple", func(_ context.Context, n int, emit func(T)) error {
		for i := range 3 {
			emit(T(text{fmt.Sprintf("row %d of %d %s", i, n, strings.Repeat("x", n%40))}))
		}
		return each(n)
	})
	stage.To(rows, j)
	return p
}

const shardOfHundred = 5000

func unhurried(int) error { return nil }

// childHeld is the environment variable that keeps a process with a checkpoint
// from its end.
const childHeld = "COMMITFLOW_TEST_HELD"

// childCheckpointed runs tripled in a process of its own, so slowly that it can
// be killed.
func childCheckpointed(mode string) error {
	const numbers = 2000
	dir := os.Getenv(childDir)
	slowly := func(n int) error {
		switch {
		case n == numbers-1 && os.Getenv(childHeld) != "":
			time.Sleep(time.Minute)
		case n%8 == 0:
			time.Sleep(6 * time.Millisecond)
		}
		return nil
	}
	p := tripled(dir+".checkpoint", &JSONL[text]{Dir: dir, ShardBytes: shardOfHundred}, numbers, slowly)
	if mode == "checkpoint of partitions" {
		p = tripled(dir+".checkpoint", partitioned(dir), numbers, slowly)
	}
	_, err := p.Run(context.Background())
	return err
}

func TestKilledRunsWithACheckpointAddUpToOne(t *testing.T) {
	t.Run("one partition", func(t *testing.T) {
		t.Parallel()
		whole := filepath.Join(t.TempDir(), "whole")
		killedRunsAddUp(t, "checkpoint", whole, tripled(whole+".checkpoint", &JSONL[text]{Dir: whole, ShardBytes: shardOfHundred}, 2000, unhurried))
	})
	t.Run("several partitions", func(t *testing.T) {
		t.Parallel()
		whole := filepath.Join(t.TempDir(), "whole")
		killedRunsAddUp(t, "checkpoint of partitions", whole, tripled(whole+".checkpoint", partitioned(whole), 2000, unhurried))
	})
}

// killedRunsAddUp compares what a pipeline stores in whole with what processes do that
// run the like and are killed.
func killedRunsAddUp(t *testing.T, mode, whole string, p *stage.Pipeline) {
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	want := shardTexts(t, whole)
	require.Greater(t, len(want), 50)

	dir := filepath.Join(t.TempDir(), "dataset")
	kills, kept := 0, 0
	for {
		cmd := child(t, mode, dir)
		if kills == 0 { // one is killed, however late this process is with it
			cmd.Env = append(cmd.Env, childHeld+"=1")
		}
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &out
		require.NoError(t, cmd.Start())
		// Ever later, so that a slow machine gets somewhere too.
		life := 100*time.Millisecond + rand.N(600*time.Millisecond) + time.Duration(kills)*40*time.Millisecond
		timer := time.AfterFunc(life, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		if !timer.Stop() && err != nil {
			kills++
			kept = max(kept, len(allFiles(t, filepath.Join(dir, partialName, dataName))))
			continue
		}
		require.NoError(t, err, "%s", &out)
		break
	}
	t.Logf("killed %d times, with up to %d shards", kills, kept)
	assert.Positive(t, kills)
	assert.Equal(t, want, shardTexts(t, dir))
	assert.Equal(t, readManifest(t, whole), readManifest(t, dir))
	assert.NoDirExists(t, filepath.Join(dir, partialName))
}

var errStop = errors.New("stop")

// interruptedShards is how many shards there are at least in what interrupted gives.
const interruptedShards = 4

// interrupted is a directory in which a run has got about half way.
func interrupted(t *testing.T) (dir string) {
	dir = filepath.Join(t.TempDir(), "dataset")
	_, err := tripled(dir+".checkpoint", &JSONL[text]{Dir: dir, ShardBytes: shardOfHundred}, 600, func(n int) error {
		if n < 300 {
			return nil
		}
		// What waits to be written when a run fails is not, and a slow machine may
		// have written hardly any of it.
		for started := time.Now(); time.Since(started) < time.Minute && len(partialShards(dir)) < interruptedShards; {
			time.Sleep(time.Millisecond)
		}
		return errStop
	}).Run(t.Context())
	require.ErrorIs(t, err, errStop)
	return dir
}

// partialShards are the files of the shards of a run that is not at its end.
func partialShards(dir string) []string {
	shards, _ := filepath.Glob(filepath.Join(dir, partialName, dataName, "train-*")) // the pattern is a good one
	return shards
}

func resume(t *testing.T, dir string, numbers int) error {
	_, err := tripled(dir+".checkpoint", &JSONL[text]{Dir: dir, ShardBytes: shardOfHundred}, numbers, unhurried).Run(t.Context())
	return err
}

func uninterrupted(t *testing.T, numbers int) []text {
	dir := filepath.Join(t.TempDir(), "dataset")
	require.NoError(t, resume(t, dir, numbers))
	return decodeRows[text](t, shardTexts(t, dir))
}

func TestAFailedRunWithACheckpointKeepsItsShards(t *testing.T) {
	dir := interrupted(t)
	shards := partialShards(dir)
	require.GreaterOrEqual(t, len(shards), interruptedShards)
	assert.NoFileExists(t, filepath.Join(dir, "manifest.json"))

	assert.ErrorIs(t, (&JSONL[text]{Dir: dir}).Open(t.Context()), ErrInterrupted, "nobody else may remove them")

	kept, err := os.Stat(shards[0])
	require.NoError(t, err)
	require.NoError(t, resume(t, dir, 600))
	assert.Equal(t, uninterrupted(t, 600), decodeRows[text](t, shardTexts(t, dir)))
	first, err := filepath.Glob(filepath.Join(dir, "data", "train-00000-of-*"))
	require.NoError(t, err)
	require.Len(t, first, 1)
	now, err := os.Stat(first[0])
	require.NoError(t, err)
	assert.True(t, os.SameFile(kept, now), "the first shard was not written again")
}

func TestAFinishedDatasetGrows(t *testing.T) {
	dir := interrupted(t)
	require.NoError(t, resume(t, dir, 600))
	manifest := readManifest(t, dir)
	before := files(t, dir)

	require.NoError(t, resume(t, dir, 600), "nothing new")
	assert.Equal(t, manifest, readManifest(t, dir))
	assert.Equal(t, before, files(t, dir))

	require.NoError(t, resume(t, dir, 700))
	assert.Equal(t, uninterrupted(t, 700), decodeRows[text](t, shardTexts(t, dir)))
	assert.EqualValues(t, 2100, readManifest(t, dir).Rows)
	assert.NoDirExists(t, filepath.Join(dir, partialName))
}

// What a crash can leave between the two steps of publishing, and between them
// and the last word of the checkpoint.
func TestACheckpointOlderThanItsDataset(t *testing.T) {
	for _, test := range []struct {
		name  string
		crash func(t *testing.T, dir string)
	}{
		{"published", func(*testing.T, string) {}},
		{"manifest still staged", func(t *testing.T, dir string) {
			require.NoError(t, os.Rename(filepath.Join(dir, "manifest.json"), filepath.Join(dir, partialName, "manifest.json")))
		}},
		{"all still staged, under final names", func(t *testing.T, dir string) {
			for _, name := range []string{"manifest.json", "data"} {
				require.NoError(t, os.Rename(filepath.Join(dir, name), filepath.Join(dir, partialName, name)))
			}
		}},
		{"half taken back", func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, "manifest.json")))
			require.NoError(t, os.Mkdir(filepath.Join(dir, partialName, "data"), 0o777))
			shards, _ := filepath.Glob(filepath.Join(dir, "data", "train-00001-of-*"))
			require.NoError(t, os.Rename(shards[0], filepath.Join(dir, partialName, "data", "train-00001.jsonl.zst")))
		}},
	} {
		for _, early := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, early=%v", test.name, early), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "dataset")
				if !early {
					dir = interrupted(t)
				} else {
					// Nothing was durable when the checkpoint was saved last.
					_, err := tripled(dir+".checkpoint", &JSONL[text]{Dir: dir, ShardBytes: shardOfHundred}, 600,
						func(int) error { return errStop }).Run(t.Context())
					require.ErrorIs(t, err, errStop)
				}
				checkpoint, err := os.ReadFile(dir + ".checkpoint")
				require.NoError(t, err)
				var saved struct{ Run string }
				require.NoError(t, json.Unmarshal(checkpoint, &saved))
				require.NoError(t, resume(t, dir, 600))

				require.NoError(t, os.WriteFile(dir+".checkpoint", checkpoint, 0o666))
				require.NoError(t, os.Mkdir(filepath.Join(dir, partialName), 0o777))
				require.NoError(t, os.WriteFile(filepath.Join(dir, partialName, "run"), []byte(saved.Run+"\n"), 0o666))
				require.NoError(t, os.WriteFile(filepath.Join(dir, partialName, "lock"), nil, 0o666))
				test.crash(t, dir)

				require.NoError(t, resume(t, dir, 600))
				assert.Equal(t, uninterrupted(t, 600), decodeRows[text](t, shardTexts(t, dir)))
				assert.NoDirExists(t, filepath.Join(dir, partialName))
			})
		}
	}
}

// A run that was killed while it began has put its name on the directory. So the
// checkpoint knows that name before; and as nothing has been done, it does not
// insist on the settings.
func TestKilledWhileItBegan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dataset")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, partialName, "data"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, partialName, "run"), []byte("NAME\n"), 0o666))
	require.NoError(t, os.WriteFile(dir+".checkpoint", []byte(`{"version": 1, "pipeline": "other", "run": "NAME", "opening": true}`), 0o666))
	require.NoError(t, resume(t, dir, 600))
	assert.Equal(t, uninterrupted(t, 600), decodeRows[text](t, shardTexts(t, dir)))
}

func TestAFailedBeginningLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "dataset")
	require.NoError(t, os.Mkdir(dir, 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "precious"), nil, 0o666))
	require.ErrorIs(t, resume(t, dir, 600), ErrOccupied)
	assert.Equal(t, map[string]bool{filepath.Join(dir, "precious"): true, dir + ".checkpoint.lock": true}, allFiles(t, parent))

	require.NoError(t, os.Remove(filepath.Join(dir, "precious")))
	require.NoError(t, resume(t, dir, 600))
}

func TestResumeRefusesWhatIsNotItsOwn(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  error
	}{
		{"a shard is missing", func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, partialName, "data", "train-00001.jsonl.zst")))
		}, ErrUnresumable},
		{"a shard was cut", func(t *testing.T, dir string) {
			require.NoError(t, os.Truncate(filepath.Join(dir, partialName, "data", "train-00001.jsonl.zst"), 20))
		}, ErrUnresumable},
		{"the directory is gone", func(t *testing.T, dir string) {
			require.NoError(t, os.RemoveAll(dir))
		}, ErrUnresumable},
		{"another run was there", func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, partialName, "run"), []byte("other\n"), 0o666))
		}, ErrInterrupted},
		{"another dataset was published", func(t *testing.T, dir string) {
			other := filepath.Join(t.TempDir(), "other")
			store(t, &JSONL[text]{Dir: other}, texts(5), 1)
			for _, name := range []string{"manifest.json", "data"} {
				require.NoError(t, os.Rename(filepath.Join(other, name), filepath.Join(dir, name)))
			}
		}, ErrUnresumable},
		{"a file of the user's", func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, partialName, "data", "notes.txt"), nil, 0o666))
		}, ErrOccupied},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := interrupted(t)
			test.spoil(t, dir)
			before := allFiles(t, dir)
			err := resume(t, dir, 600)
			require.ErrorIs(t, err, test.want)
			assert.NotContains(t, err.Error(), "\n")
			assert.Contains(t, err.Error(), dir)
			after := allFiles(t, dir)
			for name := range before {
				assert.Contains(t, after, name, "nothing is removed")
			}
		})
	}
}

// allFiles gives the files below a directory; none if it is absent.
func allFiles(t *testing.T, dir string) map[string]bool {
	found := map[string]bool{}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != lockName {
			found[path] = true
		}
		return nil
	})
	return found
}
