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
	"slices"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/commitflow/commitflow/stage"
)

const shardSuffix = ".jsonl.zst"

// encoderConcurrency lets the search for matches, the entropy coding and the
// writing of successive blocks overlap with the caller. More than two changes
// nothing, since the blocks of one frame build on each other.
const encoderConcurrency = 2

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
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(level)),
		zstd.WithEncoderConcurrency(encoderConcurrency),
		zstd.WithEncoderCRC(true),
		zstd.WithZeroFrames(true))
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
	if w.current != nil && w.current.Bytes > 0 && w.current.Bytes+int64(len(row)) > w.maxBytes {
		if err := w.finishShard(at); err != nil {
			return err
		}
	}
	if w.current == nil {
		if err := w.startShard(); err != nil {
			return err
		}
	}
	return w.current.write(w.encoder, row)
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
