package object

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/commitflow/commitflow/stage"
)

// looseHeader bounds the header of a loose object: its type, a space, its size
// in decimal and a NUL.
const looseHeader = 32

// readLoose reads an object that lies in a file of its own.
func (s *Store) readLoose(id stage.Hash) (typ Type, content []byte, err error) {
	if typ, content, _, ok := s.cache.get(loose(&id), &id); ok {
		return typ, content, nil
	}
	limit := int64(s.limit + s.limit/1000 + 1024) // stored blocks cost 5 bytes in 65,535
	err = s.eachLoose(id, limit, func(compressed []byte, complete bool) (err error) {
		if !complete {
			return ErrTooLarge
		}
		typ, content, err = inflateLoose(compressed, s.limit)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	return typ, s.cache.put(loose(&id), &id, typ, content, 0), nil
}

// statLoose gives the type and size of such an object.
func (s *Store) statLoose(id stage.Hash) (typ Type, size int64, err error) {
	err = s.eachLoose(id, prefixInput, func(compressed []byte, _ bool) (err error) {
		typ, size, err = looseSize(compressed)
		return err
	})
	return typ, size, err
}

// eachLoose hands the compressed files of an object to read, or their first
// most bytes, until one is sound: a corrupt one may have a good twin in an alternate. Without any the
// error is stage.ErrMissing.
func (s *Store) eachLoose(id stage.Hash, most int64, read func(compressed []byte, complete bool) error) error {
	hex := id.String()
	failure := stage.ErrMissing
	for _, dir := range s.dirs {
		compressed, complete, err := looseFile(filepath.Join(dir.path, hex[:2], hex[2:]), most)
		if err == nil {
			err = read(compressed, complete)
		}
		if err == nil {
			return nil
		}
		if failure == stage.ErrMissing && !errors.Is(err, fs.ErrNotExist) {
			failure = err
		}
	}
	return failure
}

// looseFile reads a file, or its first most bytes; complete tells which.
func looseFile(name string, most int64) (compressed []byte, complete bool, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, false, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, false, corrupt("%s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	size := info.Size()
	if size > most {
		size = min(most, prefixInput)
	}
	compressed = make([]byte, size)
	if _, err := io.ReadFull(f, compressed); err != nil {
		return nil, false, fmt.Errorf("%w: read %s: %w", ErrCorrupt, name, err)
	}
	return compressed, size == info.Size(), nil
}

// inflateLoose reads a loose object: one zlib stream of a header and the
// content.
func inflateLoose(compressed []byte, limit uint64) (Type, []byte, error) {
	w := scratches.Get().(*scratch)
	defer w.release()
	f := &w.inflater
	var start [looseHeader]byte
	n, err := f.prefix(start[:], compressed)
	if err != nil {
		return 0, nil, err
	}
	typ, size, rest, err := parseLooseHeader(start[:n])
	switch {
	case err != nil:
		return 0, nil, err
	case uint64(size) > limit:
		return 0, nil, ErrTooLarge
	case uint64(size)/deflateRatio > uint64(len(compressed)):
		return 0, nil, corrupt("loose object claims %d bytes, more than its file can hold", size)
	case int64(len(rest)) > size:
		return 0, nil, corrupt("loose object is longer than it claims")
	}
	content := make([]byte, size)
	copied := copy(content, rest)
	if err := f.fill(content[copied:]); err != nil {
		return 0, nil, err
	}
	if err := f.end(); err != nil {
		return 0, nil, err
	}
	if f.source.Len() > 0 {
		return 0, nil, corrupt("%d bytes follow the loose object", f.source.Len())
	}
	return typ, content, nil
}

// looseSize reads the type and size from a loose object's header.
func looseSize(compressed []byte) (Type, int64, error) {
	w := scratches.Get().(*scratch)
	defer w.release()
	var header [looseHeader]byte
	n, err := w.inflater.prefix(header[:], compressed)
	if err != nil {
		return 0, 0, err
	}
	typ, size, _, err := parseLooseHeader(header[:n])
	return typ, size, err
}

// parseLooseHeader reads "blob 123\0" and gives what follows it.
func parseLooseHeader(start []byte) (typ Type, size int64, rest []byte, err error) {
	header, rest, ended := bytes.Cut(start, []byte{0})
	word, digits, spaced := bytes.Cut(header, []byte{' '})
	if !ended || !spaced {
		return 0, 0, nil, corrupt("loose object with the header %.32q", header)
	}
	if typ, err = parseType(word); err != nil {
		return 0, 0, nil, err
	}
	number, err := strconv.ParseUint(string(digits), 10, 63)
	if err != nil || digits[0] == '+' {
		return 0, 0, nil, corrupt("loose object with the header %.32q", header)
	}
	return typ, int64(number), rest, nil
}
