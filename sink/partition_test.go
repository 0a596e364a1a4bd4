package sink

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// divided is a row that belongs to a partition by the number it is made of.
type divided text

var fourPartitions = []Partition{{"high", "train"}, {"low", "train"}, {"low", "test"}, {"high", "test"}}

// Partition puts few rows into low/train, and into test what comes late.
func (d divided) Partition() (config, split string) {
	var i, n int
	if _, err := fmt.Sscanf(d.Text, "row %d of %d", &i, &n); err != nil {
		panic(err)
	}
	p := Partition{"high", "train"}
	if n%150 == 7 && i == 1 { // a row between two of the same commit
		p.Config = "low"
	}
	if n > 1500 {
		p.Split = "test"
	}
	return p.Config, p.Split
}

func (d divided) of() (p Partition) {
	p.Config, p.Split = d.Partition()
	return p
}

func partitioned(dir string) *JSONL[divided] {
	return &JSONL[divided]{Dir: dir, ShardBytes: shardOfHundred, Partitions: fourPartitions}
}

// shardPaths lists the shards of a partition.
func shardPaths(m *Manifest, p Partition) (paths []string) {
	for _, shard := range m.shardsOf(p) {
		paths = append(paths, shard.Path)
	}
	return paths
}

func TestPartitionsHaveFilesOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	rows := []divided{{"row 0 of 1"}, {"row 1 of 7"}, {"row 2 of 7"}, {"row 1 of 1507"}, {"row 0 of 8"}}
	j := &JSONL[divided]{Dir: dir, Partitions: append([]Partition{{"", "train"}}, fourPartitions...), Settings: func() map[string]string { return map[string]string{"b": "2", "a": "1"} }}
	store(t, j, rows, 2)
	assert.Equal(t, []string{
		"data/high/train-00000-of-00001.jsonl.zst",
		"data/low/test-00000-of-00001.jsonl.zst",
		"data/low/train-00000-of-00001.jsonl.zst",
		"manifest.json",
	}, files(t, dir))

	m := readManifest(t, dir)
	assert.Equal(t, j.Manifest(), m)
	assert.Equal(t, map[string]string{"a": "1", "b": "2"}, m.Settings)
	var told []string
	var sum Totals
	for _, config := range m.Configs {
		for _, split := range config.Splits {
			told = append(told, fmt.Sprintf("%s/%s %d", config.Name, split.Name, split.Rows))
			assert.NotNil(t, split.Shards)
			for _, shard := range split.Shards {
				sum.add(shard.Totals)
			}
		}
	}
	assert.Equal(t, []string{"default/train 0", "high/train 3", "high/test 0", "low/train 1", "low/test 1"}, told)
	assert.Equal(t, sum, m.Totals)
	assert.Equal(t, []divided{rows[0], rows[2], rows[4], rows[1], rows[3]}, decodeRows[divided](t, shardTexts(t, dir)))
}

func TestNoRowsGiveOneShard(t *testing.T) {
	dir := t.TempDir()
	store(t, partitioned(dir), nil, 1)
	assert.Equal(t, []string{"data/high/train-00000-of-00001.jsonl.zst", "manifest.json"}, files(t, dir))
}

func TestARowOfNoPartitionIsAnError(t *testing.T) {
	j := &JSONL[divided]{Dir: t.TempDir(), Partitions: fourPartitions[2:]}
	require.NoError(t, j.Open(t.Context()))
	defer j.Close()
	_, err := j.Encode(nil, divided{"row 0 of 1"})
	assert.ErrorContains(t, err, "its partition high/train is not one of the sink's")
}

// What a partition with few rows has begun long ago is not durable, so that a resumed
// run would begin there.
func TestARarePartitionDoesNotHoldUpTheCheckpoint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dataset")
	_, err := tripled(dir+".checkpoint", partitioned(dir), 2000, unhurried).Run(t.Context())
	require.NoError(t, err)
	m := readManifest(t, dir)
	rare := shardPaths(m, Partition{"low", "train"})
	assert.Greater(t, len(rare), 3)
	assert.Len(t, decodeRows[divided](t, shardTexts(t, dir)), int(m.Rows))
	for _, shard := range m.Shards() {
		assert.LessOrEqual(t, shard.Bytes, int64(shardOfHundred))
	}
}

func TestPartitionsAreTheSameForAnyNumberOfWorkers(t *testing.T) {
	var rows []divided
	for n := range 2000 {
		rows = append(rows, divided{fmt.Sprintf("row 1 of %d %s", n, strings.Repeat("y", n%50))})
	}
	var want *Manifest
	for _, workers := range []int{1, 3, 8} {
		j := partitioned(t.TempDir())
		store(t, j, rows, workers)
		if want == nil {
			want = j.Manifest()
		}
		assert.Equal(t, want, j.Manifest())
	}
}

func TestInterruptedPartitionsGoOn(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole")
	_, err := tripled(whole+".checkpoint", partitioned(whole), 2000, unhurried).Run(t.Context())
	require.NoError(t, err)
	want := shardTexts(t, whole)
	for _, stops := range [][]int{{300}, {299, 700, 701}, {1400, 1600, 1900}, {1999}} {
		t.Run(fmt.Sprint(stops), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "dataset")
			for _, stop := range stops {
				_, err := tripled(dir+".checkpoint", partitioned(dir), 2000, func(n int) error {
					if n == stop {
						return errStop
					}
					return nil
				}).Run(t.Context())
				require.ErrorIs(t, err, errStop)
				assert.NoFileExists(t, filepath.Join(dir, manifestName))
			}
			_, err := tripled(dir+".checkpoint", partitioned(dir), 2000, unhurried).Run(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, shardTexts(t, dir))
			assert.Equal(t, readManifest(t, whole), readManifest(t, dir))
			assert.NoDirExists(t, filepath.Join(dir, partialName))
		})
	}
}

func TestFinishedPartitionsGrow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dataset")
	run := func(numbers int) {
		_, err := tripled(dir+".checkpoint", partitioned(dir), numbers, unhurried).Run(t.Context())
		require.NoError(t, err)
	}
	run(1400)
	before := files(t, dir)
	run(1400)
	assert.Equal(t, before, files(t, dir), "nothing new")
	run(1800)
	m := readManifest(t, dir)
	assert.EqualValues(t, 3*1800, m.Rows)
	assert.NotEmpty(t, shardPaths(m, Partition{"high", "test"}))
	perPartition := map[Partition][]divided{}
	for i, shard := range shardTexts(t, dir) {
		rows := decodeRows[divided](t, []string{shard})
		assert.True(t, strings.HasPrefix(m.Shards()[i].Path, "data/"+rows[0].of().String()+"-"))
		perPartition[rows[0].of()] = append(perPartition[rows[0].of()], rows...)
	}
	for p, rows := range perPartition {
		last := -1
		for _, row := range rows {
			var i, n int
			_, err := fmt.Sscanf(row.Text, "row %d of %d", &i, &n)
			require.NoError(t, err)
			assert.Greater(t, 3*n+i, last, "in order, and none twice")
			assert.Equal(t, p, row.of())
			last = 3*n + i
		}
	}
}

func TestACheckpointOfOtherPartitionsIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dataset")
	_, err := tripled(dir+".checkpoint", partitioned(dir), 2000, unhurried).Run(t.Context())
	require.NoError(t, err)
	other := partitioned(dir)
	other.Partitions = fourPartitions[:3]
	_, err = tripled(dir+".checkpoint", other, 2000, unhurried).Run(t.Context())
	assert.ErrorIs(t, err, stage.ErrCheckpointMismatch)
	assert.ErrorContains(t, other.Resume(stage.Resumption{Run: "x", Next: 5, State: []byte(`{"rows_of_next": 1, "shards": []}`)}), "of other partitions: begin the run anew")
}

func TestWhatVerifyRefusesIsNotPublished(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dataset")
	j := partitioned(dir)
	j.Verify = func() error { return errStop }
	require.NoError(t, j.Open(t.Context()))
	require.NoError(t, j.Write(t.Context(), stage.Item[divided]{Value: divided{"row 1 of 7"}}))
	require.ErrorIs(t, j.Finish(context.Background()), errStop)
	require.NoError(t, j.Close())
	_, err := os.Stat(dir)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
