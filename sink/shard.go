package sink

import (
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
	"sync/atomic"

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

// shardWriter divides rows into shards, under names that do not tell their
// total yet.
type shardWriter struct {
	dir      string
	split    string
	maxBytes int64
	encoder  *zstd.Encoder

	current  *openShard
	finished []Shard
	// settledTo is told of shards that have become durable, if it is not nil.
	settledTo *atomic.Pointer[shardMark]
	// settling is told how the shard before the current one came to the disk;
	// nil while none is on its way there.
	settling chan error
}

// rowMark is a place between two rows: behind so many rows of a position.
type rowMark struct {
	next stage.Position
	rows int
}

// openShard is the shard that rows go into.
type openShard struct {
	Shard
	file *os.File
	sum  hash.Hash
}

// newShardWriter goes on behind the shards that are finished.
func newShardWriter(dir, split string, maxBytes int64, level int, finished []Shard) (*shardWriter, error) {
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
	return &shardWriter{
		dir: dir, split: split, maxBytes: maxBytes, encoder: encoder,
		finished: slices.Clone(finished),
	}, nil
}

// write adds a row that ends in one of the bytes that Encode leaves; at is the
// place before it.
func (w *shardWriter) write(row []byte, at rowMark) error {
	if len(row) == 0 {
		return errors.New("an encoded row has no end")
	}
	if err := w.makeRoom(int64(len(row)), at); err != nil {
		return err
	}
	return w.current.write(w.encoder, row)
}

// writeLarge adds a large row; at is the place before it.
func (w *shardWriter) writeLarge(row *largeRow, at rowMark) error {
	if err := w.makeRoom(row.bytes+int64(len("\n")), at); err != nil {
		return err
	}
	return w.current.writeLarge(w.encoder, row)
}

// makeRoom makes sure that there is a shard with room for a row of so many bytes.
func (w *shardWriter) makeRoom(bytes int64, at rowMark) error {
	if w.current != nil && w.current.Bytes > 0 && w.current.Bytes+bytes > w.maxBytes {
		if err := w.finishShard(at); err != nil {
			return err
		}
	}
	if w.current == nil {
		return w.startShard()
	}
	return nil
}

// finish ends the last shard and gives all of them; they are durable under
// their temporary names. at is the place behind the last row.
func (w *shardWriter) finish(at rowMark) ([]Shard, error) {
	if w.current == nil && len(w.finished) == 0 {
		if err := w.startShard(); err != nil {
			return nil, err
		}
	}
	if w.current != nil {
		if err := w.finishShard(at); err != nil {
			return nil, err
		}
	}
	if err := w.settled(); err != nil {
		return nil, err
	}
	return w.finished, nil
}

// abandon closes the shard in progress, if there is one, and lets its file be.
func (w *shardWriter) abandon() error {
	w.encoder.Reset(nil) // waits for the encoder's goroutines
	err := w.settled()
	if w.current == nil {
		return err
	}
	closing := w.current.file.Close()
	w.current = nil
	return errors.Join(err, closing)
}

func (w *shardWriter) startShard() error {
	name := temporaryShardName(w.split, len(w.finished))
	file, err := os.OpenFile(filepath.Join(w.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	w.current = &openShard{file: file, sum: sha256.New()}
	w.encoder.Reset(w.current)
	return nil
}

// finishShard ends the current shard. Its way to the disk is not waited for
// until the next shard ends: a slow disk would hold up the whole pipeline.
func (w *shardWriter) finishShard(end rowMark) error {
	shard := w.current
	if err := w.encoder.Close(); err != nil {
		return shard.failed(err)
	}
	if err := w.settled(); err != nil {
		return err
	}
	w.settling = make(chan error, 1)
	settling := w.settling // settled waits for it, and forgets it
	shard.SHA256 = hex.EncodeToString(shard.sum.Sum(nil))
	w.finished = append(w.finished, shard.Shard)
	mark := &shardMark{end.next, jsonlState{end.rows, slices.Clone(w.finished)}}
	go func() {
		err := shard.settle()
		if err == nil && w.settledTo != nil {
			w.settledTo.Store(mark)
		}
		settling <- err
	}()
	w.current = nil
	return nil
}

// settled waits until the shard that ended last is durable.
func (w *shardWriter) settled() error {
	if w.settling == nil {
		return nil
	}
	err := <-w.settling
	w.settling = nil
	return err
}

// settle makes a finished shard and its name durable, and closes its file.
func (s *openShard) settle() error {
	err := s.file.Sync()
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
	n, err := s.file.Write(compressed)
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

func temporaryShardName(split string, number int) string {
	return fmt.Sprintf("%s-%05d%s", split, number, shardSuffix)
}
