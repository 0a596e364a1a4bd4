// Package commandtest holds what the tests of several examples have in common.
package commandtest

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/commitflow/commitflow/bench/synthetic"
)

// History makes a repository with a synthetic history.
func History(t *testing.T, commits int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "synthetic.git")
	err := synthetic.Generate(t.Context(), synthetic.Options{Dir: dir, Commits: commits, Files: 150, Seed: 7, MaxFileBytes: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// EachRow calls each for every line of a dataset's shards, in order; folder after
// folder, where it has tiers.
func EachRow(t *testing.T, dir string, each func(line []byte)) {
	t.Helper()
	shards, err := filepath.Glob(filepath.Join(dir, "data", "*.jsonl.zst"))
	inFolders, _ := filepath.Glob(filepath.Join(dir, "data", "*", "*.jsonl.zst"))
	if shards = append(shards, inFolders...); err != nil || len(shards) == 0 {
		t.Fatalf("shards of %s: %d, %v", dir, len(shards), err)
	}
	for _, shard := range shards {
		if err := eachRow(shard, each); err != nil {
			t.Fatalf("%s: %v", shard, err)
		}
	}
}

func eachRow(shard string, each func(line []byte)) error {
	file, err := os.Open(shard)
	if err != nil {
		return err
	}
	defer file.Close()
	plain, err := zstd.NewReader(file)
	if err != nil {
		return err
	}
	defer plain.Close()
	for in := bufio.NewReader(plain); ; {
		line, err := in.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		each(line)
	}
}

// RowsOf gives the lines of shards, in order.
func RowsOf(t *testing.T, shards ...string) (lines []string) {
	t.Helper()
	for _, shard := range shards {
		if err := eachRow(shard, func(line []byte) { lines = append(lines, string(line)) }); err != nil {
			t.Fatalf("%s: %v", shard, err)
		}
	}
	return lines
}

// Rows gives the lines of a dataset's shards, in order.
func Rows(t *testing.T, dir string) (lines []string) {
	t.Helper()
	EachRow(t, dir, func(line []byte) { lines = append(lines, string(line)) })
	return lines
}
