package object

import (
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/zlib"
)

// inflater decompresses zlib streams one after the other. Its source is a
// *bytes.Reader because the library has a fast path for it.
type inflater struct {
	source bytes.Reader
	stream io.ReadCloser
	beyond [1]byte
	quick  deflate
}

// begin sets the inflater to the beginning of a stream; what follows the
// stream in compressed is not touched.
func (f *inflater) begin(compressed []byte) error {
	f.source.Reset(compressed)
	if f.stream == nil {
		stream, err := zlib.NewReader(&f.source)
		if err != nil {
			return corruptStream(err)
		}
		f.stream = stream
		return nil
	}
	return corruptStream(f.stream.(zlib.Resetter).Reset(&f.source, nil))
}

// fill reads the next len(dst) bytes of the stream.
func (f *inflater) fill(dst []byte) error {
	_, err := io.ReadFull(f.stream, dst)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return corrupt("compressed data ends early")
	}
	return corruptStream(err)
}

// end makes sure that the stream ends here, and that its checksum is right.
func (f *inflater) end() error {
	switch n, err := io.ReadFull(f.stream, f.beyond[:]); {
	case n > 0:
		return corrupt("compressed data is longer than it claims")
	case errors.Is(err, io.EOF):
		return nil
	default:
		return corruptStream(err)
	}
}

// inflate decompresses a stream whose size is known into dst. Sound streams
// are done by the quick way; what fails there is tried again by the library,
// which finds the fault, or that there is none.
func (f *inflater) inflate(dst, compressed []byte) error {
	if f.quick.inflate(dst, compressed) {
		return nil
	}
	return f.inflateByLibrary(dst, compressed)
}

func (f *inflater) inflateByLibrary(dst, compressed []byte) error {
	if err := f.begin(compressed); err != nil {
		return err
	}
	if err := f.fill(dst); err != nil {
		return err
	}
	return f.end()
}

// prefixInput is as much of a stream as is worth giving to prefix for a few
// bytes: the code tables of a block take up to about 300 bytes. The inflater
// would work ahead through any more.
const prefixInput = 1 << 10

// prefix reads the beginning of a stream: len(dst) bytes, or fewer if it ends
// before. It gives the number read.
func (f *inflater) prefix(dst, compressed []byte) (int, error) {
	if err := f.begin(compressed); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(f.stream, dst)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, nil
	}
	return n, corruptStream(err)
}

func corruptStream(err error) error {
	if err == nil {
		return nil
	}
	return corrupt("compressed data: %v", err)
}
