package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// maxLine is the longest line that is read, and maxWindow the largest window of a
// frame: more of either would need that much memory.
const (
	maxLine   = 256 << 20
	maxWindow = 128 << 20
)

// line is a row as it stands in a file.
type line struct {
	shard  *shard
	number int // from 1
	text   []byte
}

// Size is the line's, for the pipeline's limit on bytes in flight.
func (l *line) Size() int { return len(l.text) + 64 }

// Identity names the line in errors.
func (l *line) Identity() string { return fmt.Sprintf("%s:%d", l.shard.Path, l.number) }

// lines is the source of all lines of a dataset. What is wrong with a file as a file
// goes to problem.
type lines struct {
	dir     string
	shards  []shard
	problem func(file string, line int, check, why string)
}

// Read gives the lines of all files.
func (l *lines) Read(ctx context.Context, emit func(*line) error) error {
	for i := range l.shards {
		s := &l.shards[i]
		if !filepath.IsLocal(filepath.FromSlash(s.Path)) {
			continue
		}
		if err := l.file(ctx, s, emit); err != nil {
			return err
		}
	}
	return nil
}

// file gives the lines of a file and compares it with its entry in the manifest.
func (l *lines) file(ctx context.Context, s *shard, emit func(*line) error) error {
	say := func(format string, args ...any) { l.problem(s.Path, 0, "files", fmt.Sprintf(format, args...)) }
	file, err := os.Open(filepath.Join(l.dir, filepath.FromSlash(s.Path)))
	if err != nil {
		say("it cannot be read: %v", err)
		return nil
	}
	defer file.Close()
	counted := &countingReader{in: file, sum: sha256.New()}
	frames := frameCounter{in: bufio.NewReaderSize(counted, 1<<20)}
	plain, err := zstd.NewReader(&frames, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return err
	}
	defer plain.Close()
	in := bufio.NewReaderSize(plain, 1<<20)
	rows, size := int64(0), int64(0)
	for {
		text, err := readLine(in)
		if errors.Is(err, io.EOF) && len(text) == 0 {
			break
		}
		if err != nil && !errors.Is(err, io.EOF) {
			say("after row %d: %v", rows, err)
			return ctx.Err()
		}
		rows++
		size += int64(len(text))
		if err != nil {
			l.problem(s.Path, int(rows), "files", "the last line has no end")
		}
		if err := emit(&line{s, int(rows), text}); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, &frames); err != nil {
		say("it cannot be read: %v", err)
	}
	switch {
	case rows != s.Rows:
		say("it has %d rows, and the manifest says %d", rows, s.Rows)
	case size != s.Bytes:
		say("its rows have %d bytes, and the manifest says %d", size, s.Bytes)
	}
	if counted.n != s.CompressedBytes {
		say("it has %d bytes, and the manifest says %d", counted.n, s.CompressedBytes)
	}
	if sum := hex.EncodeToString(counted.sum.Sum(nil)); sum != s.SHA256 {
		say("its SHA-256 is %s, and the manifest says %s", sum, s.SHA256)
	}
	if frames.n != 1 {
		say("it has %d zstd frames: some readers stop after the first", frames.n)
	}
	return nil
}

// readLine reads a line with its end, into memory of its own.
func readLine(in *bufio.Reader) ([]byte, error) {
	var long []byte
	for {
		part, err := in.ReadSlice('\n')
		if err == nil && long == nil {
			return bytes.Clone(part), nil
		}
		long = append(long, part...)
		if len(long) > maxLine {
			return nil, fmt.Errorf("a line of more than %d MB", maxLine>>20)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return long, err
		}
	}
}

// countingReader counts and digests what is read through it.
type countingReader struct {
	in  io.Reader
	n   int64
	sum hash.Hash
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	c.sum.Write(p[:n])
	return n, err
}

// frameCounter counts the frames of a zstd file that is read through it, by walking
// over the headers of frames and blocks, see RFC 8878, section 3.1.
type frameCounter struct {
	in *bufio.Reader
	n  int

	skip     int64 // bytes until the next header
	inFrame  bool
	checksum bool
	broken   bool
}

// Read passes bytes on, never over the beginning of a header.
func (f *frameCounter) Read(p []byte) (int, error) {
	if f.skip == 0 && !f.broken {
		f.header()
	}
	if f.skip > 0 && int64(len(p)) > f.skip {
		p = p[:f.skip]
	}
	n, err := f.in.Read(p)
	f.skip = max(f.skip-int64(n), 0)
	return n, err
}

const (
	frameMagic     = 0xFD2FB528
	skippableMagic = 0x184D2A50 // and the fifteen after it
)

// header looks at the header that comes next, and notes how far the one after it is.
// What is no header is left to the decompressor to complain about.
func (f *frameCounter) header() {
	if f.inFrame {
		head, err := f.in.Peek(3)
		if err != nil {
			f.broken = true
			return
		}
		block := uint32(head[0]) | uint32(head[1])<<8 | uint32(head[2])<<16
		size := int64(block >> 3)
		if block>>1&3 == 1 { // one byte, to be repeated
			size = 1
		}
		f.skip = 3 + size
		if block&1 == 1 { // the last one
			f.inFrame = false
			if f.checksum {
				f.skip += 4
			}
		}
		return
	}
	head, err := f.in.Peek(8)
	if len(head) < 5 || err != nil && !errors.Is(err, io.EOF) {
		f.broken = true
		return
	}
	magic := binary.LittleEndian.Uint32(head)
	switch {
	case magic == frameMagic:
		f.n++
		descriptor := head[4]
		f.checksum = descriptor>>2&1 == 1
		single := descriptor>>5&1 == 1
		f.skip = 5 + []int64{0, 1, 2, 4}[descriptor&3]
		content := []int64{0, 2, 4, 8}[descriptor>>6]
		if single {
			content = max(content, 1)
		} else {
			f.skip++ // the window
		}
		f.skip += content
		f.inFrame = true
	case magic&^0xF == skippableMagic && len(head) == 8:
		f.n++
		f.skip = 8 + int64(binary.LittleEndian.Uint32(head[4:]))
	default:
		f.broken = true
	}
}
