package bench

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// BenchmarkJSON encodes rows: of commits, and of a training set. Bytes are
// those of the rows.
func BenchmarkJSON(b *testing.B) {
	b.Run("commits", func(b *testing.B) {
		encode(b, &sink.JSONL[*stage.Commit]{}, labelled(b, sampled(b), stage.DiffParser{}))
	})
	b.Run("examples", func(b *testing.B) {
		encode(b, &sink.JSONL[*dataset.Row]{}, examples(b))
	})
}

func examples(b *testing.B) []*dataset.Row {
	b.Helper()
	made := processed(b, &dataset.Standard{}, labelled(b, sampled(b), stage.DiffParser{Contents: true}))
	return processed(b, dataset.Formatter{}, made)
}

func encode[T any](b *testing.B, to *sink.JSONL[T], rows []T) {
	b.Helper()
	_, size := encoded(b, to, rows)
	var row []byte
	measure(b, amount{len(rows), "row", size}, func() {
		for _, value := range rows {
			var err error
			if row, err = to.Encode(row[:0], value); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func encoded[T any](b *testing.B, by *sink.JSONL[T], values []T) (rows [][]byte, size int) {
	b.Helper()
	for _, value := range values {
		row, err := by.Encode(nil, value)
		require.NoError(b, err)
		rows = append(rows, row)
		size += len(row)
	}
	return rows, size
}

// BenchmarkZstd compresses rows that are encoded already and stores them, with
// the sums that the manifest holds. Bytes are those of the rows; %-of-input is
// what is left of them.
func BenchmarkZstd(b *testing.B) {
	rows, size := encoded(b, &sink.JSONL[*stage.Commit]{}, labelled(b, sampled(b), stage.DiffParser{}))
	dir := filepath.Join(b.TempDir(), "rows")
	var compressed int64
	measure(b, amount{len(rows), "row", size}, func() {
		compressed = store(b, dir, rows)
		require.NoError(b, os.RemoveAll(dir))
	})
	b.ReportMetric(100*float64(compressed)/float64(size), "%-of-input")
}

// store writes a dataset and gives its size.
func store(b *testing.B, dir string, rows [][]byte) (compressed int64) {
	b.Helper()
	to := &sink.JSONL[*stage.Commit]{Dir: dir}
	require.NoError(b, to.Open(b.Context()))
	defer func() { require.NoError(b, to.Close()) }()
	for i, row := range rows {
		require.NoError(b, to.WriteEncoded(b.Context(), stage.Position(i), row))
	}
	require.NoError(b, to.Finish(b.Context()))
	return to.Manifest().CompressedBytes
}
