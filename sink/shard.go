package sink

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/commitflow/commitflow/stage"
)

const shardSuffix = ".jsonl.zst"

// encoderConcurrency gives how many goroutines a frame is compressed on. With
// two, the search for matches and the entropy coding of successive blocks
// overlap, which lets more processors than two keep each other busy; more changes
// nothing, since the blocks of one frame build on each other. On one or two
// processors, which have the workers to run, handing blocks over costs a sixth
// of the compression's time and gains nothing. The bytes are the same.
func encoderConcurrency() int {
	if runtime.GOMAXPROCS(0) <= 2 {
		return 1
	}
	return 2
}

// encoderWindow is how far back matches are looked for at level 1: as far as that
// level does by itself, but with blocks of 128 KB, which are half as large there
// unless a window is asked for.
const encoderWindow = 4 << 20

// shardWriter divides the rows of a partition into shards, under names that do not
// tell their total yet.
type shardWriter struct {
	Partition
	dir      string // holds the shards of all partitions
	maxBytes int64
	level    int

	encoder  *zstd.Encoder // nil before the first row
	current  *openShard
	finished []Shard
	// resumed is the place before which all rows are in shards of an earlier run.
	resumed rowMark
}

// rowMark is a place between two rows: behind so many rows of a position.
type rowMark struct {
	next stage.Position
	rows int
}

// before tells whether the place comes before another.
func (m rowMark) before(other rowMark) bool {
	return m.next < other.next || m.next == other.next && m.rows < other.rows
}

// writeBytes is how much of a shard goes into its file at once. Compressed blocks
// are some 20 KB, and to write them one by one, across the borders of pages, costs
// the system about three times as much.
const writeBytes = 256 << 10

// openShard is the shard that rows go into.
type openShard struct {
	Shard
	file *os.File
	// unwritten holds what is compressed and not yet in the file.
	unwritten *bufio.Writer
	sum       hash.Hash // of all that is compressed

	start rowMark // the place before its first row
	// passed is what the rows of all partitions had measured then.
	passed int64
}

func newEncoder(level int) (*zstd.Encoder, error) {
	options := []zstd.EOption{
		zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(level)),
		zstd.WithEncoderConcurrency(encoderConcurrency()),
		zstd.WithEncoderCRC(true),
		zstd.WithZeroFrames(true),
	}
	if zstd.EncoderLevelFromZstd(level) == zstd.SpeedFastest {
		// Before the level, which otherwise sets the size of blocks as well.
		options = slices.Insert(options, 0, zstd.WithWindowSize(encoderWindow))
	}
	encoder, err := zstd.NewWriter(nil, options...)
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return encoder, nil
}

// full tells that the current shard has no room for a row of so many bytes.
func (w *shardWriter) full(bytes int64) bool {
	return w.current != nil && w.current.Bytes > 0 && w.current.Bytes+bytes > w.maxBytes
}

// abandon closes the shard in progress, if there is one, and lets its file be.
func (w *shardWriter) abandon() error {
	if w.encoder != nil {
		w.encoder.Reset(nil) // waits for the encoder's goroutines
	}
	if w.current == nil {
		return nil
	}
	closing := w.current.file.Close()
	w.current = nil
	return closing
}

func (w *shardWriter) startShard(start rowMark, passed int64) (err error) {
	if w.encoder == nil {
		if w.encoder, err = newEncoder(w.level); err != nil {
			return err
		}
	}
	path := filepath.Join(w.dir, w.temporaryName(len(w.finished)))
	if _, err := makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	w.current = &openShard{
		file: file, unwritten: bufio.NewWriterSize(file, writeBytes), sum: sha256.New(),
		start: start, passed: passed,
	}
	w.encoder.Reset(w.current)
	return nil
}

// endShard ends the current shard, which is complete then and not yet durable.
func (w *shardWriter) endShard() (*openShard, error) {
	shard := w.current
	if err := w.encoder.Close(); err != nil {
		return nil, shard.failed(err)
	}
	if err := shard.unwritten.Flush(); err != nil {
		return nil, shard.failed(err)
	}
	shard.SHA256 = hex.EncodeToString(shard.sum.Sum(nil))
	w.finished = append(w.finished, shard.Shard)
	w.current = nil
	return shard, nil
}

// settle makes a finished shard and its name durable, and closes its file. What it
// holds is not in the page cache then, as far as the system goes along.
func (s *openShard) settle() error {
	err := s.file.Sync()
	if err == nil {
		forgetPages(s.file)
	}
	if closing := s.file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = syncDir(filepath.Dir(s.file.Name()))
	}
	if err != nil {
		return s.failed(err)
	}
	return nil
}

func (s *openShard) write(encoder io.Writer, row []byte) error {
	text, end := row[:len(row)-1], row[len(row)-1]
	var err error
	if end == repairedRow {
		s.RepairedRows++
		if _, err = encoder.Write(text); err == nil {
			_, err = encoder.Write([]byte{soundRow})
		}
	} else {
		_, err = encoder.Write(row)
	}
	if err != nil {
		return s.failed(err)
	}
	s.Rows++
	s.Bytes += int64(len(row))
	return nil
}

func (s *openShard) writeLarge(encoder io.Writer, row *largeRow) error {
	write := func(part []byte) error {
		n, err := encoder.Write(part)
		s.Bytes += int64(n)
		return err
	}
	err := row.eachPart(write)
	if err == nil {
		err = write([]byte{soundRow})
	}
	if err != nil {
		return s.failed(err)
	}
	s.Rows++
	if row.repaired {
		s.RepairedRows++
	}
	return nil
}

// Write takes what the encoder has compressed; the encoder's goroutines call
// it, one after the other.
func (s *openShard) Write(compressed []byte) (int, error) {
	n, err := s.unwritten.Write(compressed)
	s.sum.Write(compressed[:n])
	s.CompressedBytes += int64(n)
	return n, err
}

// failed makes sure that the error names the file, which those of package os
// already do.
func (s *openShard) failed(err error) error {
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		return err
	}
	return fmt.Errorf("%s: %w", s.file.Name(), err)
}
