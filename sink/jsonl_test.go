package sink

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/commitflow/commitflow/stage"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		runChild(mode)
		return
	}
	goleak.VerifyTestMain(m)
}

// text is the smallest useful row.
type text struct {
	Text string `json:"text"`
}

func texts(n int) []text {
	rows := make([]text, n)
	for i := range rows {
		rows[i].Text = fmt.Sprintf("row %d %s", i, strings.Repeat("x", i%97))
	}
	return rows
}

// store runs a sink as a pipeline would: the rows are encoded by a number of
// workers and written in order.
func store[T any](t testing.TB, j *JSONL[T], rows []T, workers int) {
	t.Helper()
	require.NoError(t, j.Open(t.Context()))
	defer func() { require.NoError(t, j.Close()) }()
	encoded := make([][]byte, len(rows))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(rows); i += workers {
				row, err := j.Encode(nil, rows[i])
				assert.NoError(t, err)
				encoded[i] = row
			}
		})
	}
	wg.Wait()
	for i, row := range encoded {
		require.NoError(t, j.WriteEncoded(t.Context(), stage.Position(i), row))
	}
	require.NoError(t, j.Finish(t.Context()))
}

// files lists the files below dir, by slash-separated path.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var paths []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			path, err = filepath.Rel(dir, path)
			paths = append(paths, filepath.ToSlash(path))
		}
		return err
	}))
	return paths
}

func readManifest(t testing.TB, dir string) *Manifest {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	require.NoError(t, err)
	m := &Manifest{}
	require.NoError(t, json.Unmarshal(content, m))
	return m
}

// shardTexts decompresses every shard that the manifest names.
func shardTexts(t testing.TB, dir string) []string {
	t.Helper()
	decoder, err := zstd.NewReader(nil)
	require.NoError(t, err)
	defer decoder.Close()
	var shards []string
	for _, shard := range readManifest(t, dir).Shards() {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(shard.Path)))
		require.NoError(t, err)
		plain, err := decoder.DecodeAll(content, nil)
		require.NoError(t, err)
		shards = append(shards, string(plain))
	}
	return shards
}

func decodeRows[T any](t testing.TB, shards []string) []T {
	t.Helper()
	var rows []T
	for line := range strings.Lines(strings.Join(shards, "")) {
		var row T
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&row))
		rows = append(rows, row)
	}
	return rows
}

func TestRowsComeBackInOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "dataset")
	rows := texts(1000)
	store(t, &JSONL[text]{Dir: dir, ShardBytes: 10_000}, rows, 3)
	assert.Equal(t, rows, decodeRows[text](t, shardTexts(t, dir)))
}

func TestLayoutAndManifest(t *testing.T) {
	dir := t.TempDir()
	rows := []text{{"a"}, {"b"}, {"\xff"}}
	store(t, &JSONL[text]{Dir: dir, Partitions: []Partition{{"", "validation"}}, ShardBytes: 30, Source: "linux.git v6.1"}, rows, 1)

	assert.Equal(t, []string{
		"data/validation-00000-of-00002.jsonl.zst",
		"data/validation-00001-of-00002.jsonl.zst",
		"manifest.json",
	}, files(t, dir))

	m := readManifest(t, dir)
	assert.Equal(t, 2, m.Version)
	assert.Contains(t, m.CreatedBy, "commitflow ")
	assert.Equal(t, "linux.git v6.1", m.Source)
	assert.Equal(t, "default", m.Configs[0].Name)
	assert.Equal(t, "validation", m.Configs[0].Splits[0].Name)
	assert.EqualValues(t, 3, m.Rows)
	assert.EqualValues(t, 1, m.RepairedRows)
	assert.EqualValues(t, 1, m.Shards()[1].RepairedRows)
	assert.EqualValues(t, len(strings.Join(shardTexts(t, dir), "")), m.Bytes)
	var compressed int64
	for _, shard := range m.Shards() {
		content, err := os.ReadFile(filepath.Join(dir, shard.Path))
		require.NoError(t, err)
		sum := sha256.Sum256(content)
		assert.Equal(t, hex.EncodeToString(sum[:]), shard.SHA256)
		assert.EqualValues(t, len(content), shard.CompressedBytes)
		compressed += shard.CompressedBytes
	}
	assert.Equal(t, compressed, m.CompressedBytes)
}

func TestManifestIsAtHandAfterFinish(t *testing.T) {
	j := &JSONL[text]{Dir: t.TempDir()}
	require.NoError(t, j.Open(t.Context()))
	assert.Nil(t, j.Manifest())
	require.NoError(t, j.Write(t.Context(), stage.Item[text]{Value: text{"a"}}))
	require.NoError(t, j.Finish(t.Context()))
	assert.Equal(t, readManifest(t, j.Dir), j.Manifest())
	require.NoError(t, j.Close())
}

func TestShardsEndBetweenRows(t *testing.T) {
	row := func(size int) text { return text{strings.Repeat("x", size-len(`{"text":""}`)-1)} }
	for _, c := range []struct {
		name  string
		sizes []int
		want  []int64
	}{
		{"rows that fill a shard exactly", []int{50, 50, 50}, []int64{100, 50}},
		{"a row that would not fit begins a shard", []int{60, 50, 50}, []int64{60, 100}},
		{"a row over the limit is alone", []int{20, 101, 20, 20}, []int64{20, 101, 40}},
		{"a first and a last row over the limit", []int{300, 200}, []int64{300, 200}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := &JSONL[text]{Dir: t.TempDir(), ShardBytes: 100}
			var rows []text
			for _, size := range c.sizes {
				rows = append(rows, row(size))
			}
			store(t, j, rows, 1)
			var got []int64
			for i, content := range shardTexts(t, j.Dir) {
				assert.EqualValues(t, len(content), readManifest(t, j.Dir).Shards()[i].Bytes)
				assert.True(t, strings.HasSuffix(content, "\"}\n"))
				got = append(got, int64(len(content)))
			}
			assert.Equal(t, c.want, got)
			assert.Equal(t, rows, decodeRows[text](t, shardTexts(t, j.Dir)))
		})
	}
}

func TestHugeRow(t *testing.T) {
	dir := t.TempDir()
	rows := []text{{strings.Repeat("é<\n", 1<<20)}, {"small"}}
	store(t, &JSONL[text]{Dir: dir, ShardBytes: 1 << 20}, rows, 1)
	assert.True(t, rows[0] == decodeRows[text](t, shardTexts(t, dir))[0])
	assert.Len(t, readManifest(t, dir).Shards(), 2)
}

func TestEmptyStreamIsADatasetWithOneEmptyShard(t *testing.T) {
	dir := t.TempDir()
	store(t, &JSONL[text]{Dir: dir}, nil, 1)
	assert.Equal(t, []string{"data/train-00000-of-00001.jsonl.zst", "manifest.json"}, files(t, dir))
	assert.Equal(t, []string{""}, shardTexts(t, dir))
	assert.Zero(t, readManifest(t, dir).Rows)
}

func TestWorkersDoNotChangeTheOutput(t *testing.T) {
	rows := texts(2000)
	for i := 0; i < len(rows); i += 7 {
		rows[i].Text += "\xe4"
	}
	var want []string
	var manifest *Manifest
	for _, workers := range []int{1, 2, 7} {
		dir := t.TempDir()
		store(t, &JSONL[text]{Dir: dir, ShardBytes: 20_000}, rows, workers)
		if want == nil {
			want, manifest = shardTexts(t, dir), readManifest(t, dir)
			require.Greater(t, len(want), 3)
		}
		assert.Equal(t, want, shardTexts(t, dir))
		assert.Equal(t, manifest, readManifest(t, dir))
	}
}

func TestEveryShardIsOneChecksummedFrame(t *testing.T) {
	dir := t.TempDir()
	store(t, &JSONL[text]{Dir: dir, ShardBytes: 512 << 10}, texts(10_000), 2)
	shards := readManifest(t, dir).Shards()
	require.Greater(t, len(shards), 1)
	for _, shard := range shards {
		content, err := os.ReadFile(filepath.Join(dir, shard.Path))
		require.NoError(t, err)
		var header zstd.Header
		require.NoError(t, header.Decode(content))
		assert.True(t, header.HasCheckSum)
		assert.Equal(t, int64(len(content)), frameSize(t, content), "bytes after the first frame")
	}
}

// frameSize walks the blocks of the first frame, by the layout in RFC 8878,
// 3.1.1, and gives its size with the checksum.
func frameSize(t *testing.T, content []byte) int64 {
	t.Helper()
	var header zstd.Header
	require.NoError(t, header.Decode(content))
	at := header.HeaderSize
	for {
		require.LessOrEqual(t, at+3, len(content))
		block := int(content[at]) | int(content[at+1])<<8 | int(content[at+2])<<16
		at += 3
		if kind := block >> 1 & 3; kind == 1 {
			at++
		} else {
			at += block >> 3
		}
		if block&1 == 1 {
			return int64(at + 4)
		}
	}
}

func TestOtherProgramsReadTheShards(t *testing.T) {
	dir := t.TempDir()
	rows := []exampleRow{
		{Instruction: "a\u2028b\u0000\x1f\x7f", Output: "<a href=\"&\">\\", Commit: stage.Hash{1}, Quality: 62.5},
		{Output: "K\xf6ln", Paths: []string{"a\tb", "\xff\xfe"}, Links: []linkColumn{{Kind: stage.Fixes}}},
		{Output: "😀"},
	}
	store(t, &JSONL[exampleRow]{Dir: dir, ShardBytes: 700}, rows, 2)

	t.Run("zstd", func(t *testing.T) {
		zstd := program(t, "zstd")
		for i, shard := range readManifest(t, dir).Shards() {
			path := filepath.Join(dir, shard.Path)
			out, err := exec.Command(zstd, "-t", "-q", path).CombinedOutput()
			require.NoError(t, err, "%s", out)
			plain, err := exec.Command(zstd, "-dc", path).Output()
			require.NoError(t, err)
			assert.Equal(t, shardTexts(t, dir)[i], string(plain))
		}
	})
	t.Run("python", func(t *testing.T) {
		python := program(t, "python3")
		read := exec.Command(python, "-c", `
import json, sys
rows = [json.loads(line, parse_int=float) for line in sys.stdin.buffer]
def shape(row):
    return [(key, type(value)) for key, value in row.items()]
for row in rows:
    assert shape(row) == shape(rows[0]), row
assert rows[0]["instruction"] == "a\u2028b\0\x1f\x7f"
assert rows[1]["output"] == "K\ufffdln" and rows[1]["repaired"] is True
assert rows[1]["paths"] == ["a\tb", "\ufffd"]
assert rows[2]["output"] == "\U0001F600" and rows[2]["repaired"] is False
print(len(rows))`)
		read.Stdin = strings.NewReader(strings.Join(shardTexts(t, dir), ""))
		out, err := read.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Equal(t, "3\n", string(out))
	})
}

// program finds a program that not every machine has.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

func TestOpenRefusesBadSettings(t *testing.T) {
	for want, j := range map[string]*JSONL[text]{
		`jsonl: partition "a/b" of config "": use letters, digits and underscores only`:                              {Partitions: []Partition{{"", "a/b"}}},
		`jsonl: partition "train" of config "..": use letters, digits and underscores only`:                          {Partitions: []Partition{{"..", "train"}}},
		`jsonl: the partition default/train is there twice`:                                                          {Partitions: []Partition{{"", "train"}, {"default", "train"}}},
		`jsonl: there are 2 partitions, and rows of type sink.text do not tell theirs: give them a method Partition`: {Partitions: []Partition{{"", "train"}, {"", "test"}}},
		`jsonl: shard size -1: use a positive number of bytes, or 0 for 268435456`:                                   {ShardBytes: -1},
		`jsonl: zstd level 23: use 1 to 22, or 0 for 1`:                                                              {Level: 23},
	} {
		j.Dir = filepath.Join(t.TempDir(), "new")
		assert.EqualError(t, j.Open(t.Context()), want)
		assert.NoDirExists(t, j.Dir)
		assert.NoError(t, j.Close())
	}
}

func TestOpenRefusesAnOccupiedDirectory(t *testing.T) {
	put := func(path, content string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, path)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
			require.NoError(t, os.WriteFile(path, []byte(content), 0o666))
		}
	}
	for _, c := range []struct {
		name string
		fill func(*testing.T, string)
		want string
	}{
		{"a dataset", func(t *testing.T, dir string) { store(t, &JSONL[text]{Dir: dir}, texts(1), 1) },
			"jsonl: DIR already holds a dataset: choose another directory, or remove that one: the directory is not empty"},
		{"a foreign file", put("thesis.tex", "years of work"),
			`jsonl: DIR holds "thesis.tex", which is not ours: choose an empty directory: the directory is not empty`},
		{"foreign data", put("data/train.csv", "years of work"),
			`jsonl: DIR holds "data", which is not ours: choose an empty directory: the directory is not empty`},
		{"a foreign file where shards are built", put(".commitflow-partial/data/notes", "years of work"),
			"jsonl: remove what an earlier run has left: DIR/.commitflow-partial/data/notes is not ours: the directory is not empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.fill(t, dir)
			before := files(t, dir)
			j := &JSONL[text]{Dir: dir}
			err := j.Open(t.Context())
			assert.ErrorIs(t, err, ErrOccupied)
			assert.Equal(t, c.want, strings.ReplaceAll(err.Error(), dir, "DIR"))
			assert.NoError(t, j.Close())
			assert.Equal(t, before, files(t, dir))
		})
	}
}

func TestOpenNamesAPathThatIsNoDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		assert.ErrorContains(t, (&JSONL[text]{Dir: dir}).Open(t.Context()), file)
	}
}

func TestOneSinkADirectory(t *testing.T) {
	dir := t.TempDir()
	first, second := &JSONL[text]{Dir: dir}, &JSONL[text]{Dir: dir}
	require.NoError(t, first.Open(t.Context()))
	assert.ErrorIs(t, second.Open(t.Context()), ErrLocked)
	require.NoError(t, second.Close())
	require.NoError(t, first.Write(t.Context(), stage.Item[text]{Value: text{"still there"}}))
	require.NoError(t, first.Finish(t.Context()))
	require.NoError(t, first.Close())
	assert.Equal(t, []string{"{\"text\":\"still there\"}\n"}, shardTexts(t, dir))
	assert.ErrorIs(t, second.Open(t.Context()), ErrOccupied)
}

func TestCloseWithoutFinishLeavesNothing(t *testing.T) {
	for _, existing := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "dataset")
		if existing {
			require.NoError(t, os.Mkdir(dir, 0o777))
		}
		j := &JSONL[text]{Dir: dir, ShardBytes: 1000}
		require.NoError(t, j.Open(t.Context()))
		for i, row := range texts(100) {
			require.NoError(t, j.Write(t.Context(), stage.Item[text]{Position: stage.Position(i), Value: row}))
		}
		require.NotEmpty(t, files(t, dir))
		require.NoError(t, j.Close())
		require.NoError(t, j.Close(), "again")
		if existing {
			assert.Empty(t, files(t, dir))
		} else {
			assert.NoDirExists(t, dir)
		}
		store(t, j, texts(1), 1)
	}
}

func TestCancelledFinishPublishesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	j := &JSONL[text]{Dir: t.TempDir()}
	require.NoError(t, j.Open(ctx))
	require.NoError(t, j.Write(ctx, stage.Item[text]{Value: text{"a"}}))
	cancel()
	assert.ErrorIs(t, j.Finish(ctx), context.Canceled)
	require.NoError(t, j.Close())
	assert.Empty(t, files(t, j.Dir))
}

func TestUseOutOfTurnIsAnError(t *testing.T) {
	j := &JSONL[text]{Dir: t.TempDir()}
	assert.Error(t, j.Finish(t.Context()))
	assert.Error(t, j.WriteEncoded(t.Context(), 0, []byte("{}\n")))
	require.NoError(t, j.Open(t.Context()))
	assert.Error(t, j.Open(t.Context()))
	require.NoError(t, j.Finish(t.Context()))
	assert.Error(t, j.Finish(t.Context()))
	assert.Error(t, j.WriteEncoded(t.Context(), 0, []byte("{}\n")))
	require.NoError(t, j.Close())
}

func TestWhatJSONCannotHoldNamesTheItem(t *testing.T) {
	j := &JSONL[exampleRow]{Dir: t.TempDir()}
	require.NoError(t, j.Open(t.Context()))
	defer j.Close()
	err := j.Write(t.Context(), stage.Item[exampleRow]{
		Position: 42,
		Value:    exampleRow{Commit: stage.Hash{0xab}, Paths: []string{"fs/ext4/inode.c"}, Quality: float32(math.NaN())},
	})
	require.ErrorContains(t, err, "item 42: encode the example of commit ab00000000000000000000000000000000000000: ")
	var unsupported *json.UnsupportedValueError
	assert.ErrorAs(t, err, &unsupported)
	require.NoError(t, j.Write(t.Context(), stage.Item[exampleRow]{}), "the sink goes on")
}

func BenchmarkWriteEncoded(b *testing.B) {
	rows := patchRows(b)
	j := &JSONL[exampleRow]{Dir: filepath.Join(b.TempDir(), "dataset")}
	var encoded [][]byte
	var size int64
	for _, row := range rows {
		line, err := j.Encode(nil, row)
		require.NoError(b, err)
		encoded = append(encoded, line)
		size += int64(len(line))
	}
	for _, level := range []int{1, 3, 6} {
		b.Run(fmt.Sprintf("level=%d", level), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			var compressed int64
			for b.Loop() {
				j := &JSONL[exampleRow]{Dir: filepath.Join(b.TempDir(), "dataset"), Level: level}
				require.NoError(b, j.Open(b.Context()))
				for i, line := range encoded {
					if err := j.WriteEncoded(b.Context(), stage.Position(i), line); err != nil {
						b.Fatal(err)
					}
				}
				require.NoError(b, j.Finish(b.Context()))
				compressed = j.Manifest().CompressedBytes
				require.NoError(b, j.Close())
				require.NoError(b, os.RemoveAll(j.Dir))
			}
			b.ReportMetric(float64(len(rows))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(100*float64(compressed)/float64(size), "%ofinput")
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	rows := patchRows(b)
	var dst []byte
	var size int64
	for _, row := range rows {
		line, err := encodeRow(nil, row)
		require.NoError(b, err)
		size += int64(len(line))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, row := range rows {
			line, err := encodeRow(dst[:0], row)
			if err != nil {
				b.Fatal(err)
			}
			dst = line
		}
	}
	b.ReportMetric(float64(len(rows))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// patchRows makes rows of the patches of the repository that COMMITFLOW_REPO
// names, the latest 10,000; elsewhere of made-up ones.
func patchRows(b *testing.B) []exampleRow {
	b.Helper()
	var patches [][]byte
	if repo := os.Getenv("COMMITFLOW_REPO"); repo != "" {
		log := exec.Command("git", "--git-dir="+repo, "log", "-p", "-M", "--no-merges", "--format=%x00%B", "-n10000")
		out, err := log.Output()
		require.NoError(b, err)
		patches = bytes.Split(out, []byte{0})[1:]
	} else {
		line := "+\tif (ret < 0 && !(flags & FLAG_%d)) {\n \t\tdev_err(dev, \"probe failed: %%d\\n\", ret);\n-\treturn %d;\n"
		for i := range 2000 {
			var patch []byte
			for n := range 10 + i%150 {
				patch = fmt.Appendf(patch, line, i*n%1009, n*n)
			}
			patches = append(patches, patch)
		}
	}
	rows := make([]exampleRow, len(patches))
	for i, patch := range patches {
		rows[i] = exampleRow{Instruction: "serial: fix the order of events", Output: string(patch), Repo: "u-boot",
			Date: "2026-01-01T00:00:00Z", Paths: []string{"drivers/serial/ns16550.c"}, Tags: []string{"driver"}, Quality: 70}
	}
	return rows
}
