package object

import (
	"fmt"
	"os"
	"runtime"

	"github.com/edsrzf/mmap-go"
)

// mapFile maps a regular file into memory, read only. The file may be removed
// while it is mapped; what is mapped stays readable.
func mapFile(name string) (mmap.MMap, error) {
	if info, err := os.Stat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, corrupt("%s is not a regular file", name)
	} else if info.Size() == 0 {
		return nil, corrupt("%s is empty", name)
	} else if int64(int(info.Size())) != info.Size() {
		return nil, fmt.Errorf("%s is too large to map on this machine", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // a mapping outlives its file descriptor
	m, err := mmap.Map(f, mmap.RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", name, err)
	}
	return m, nil
}

// recoverFault turns the fault of reading a mapped file into an error: the
// file was truncated under us, or its disk failed. It is to be deferred, where
// debug.SetPanicOnFault is on. Other panics go on.
func recoverFault(err *error) {
	switch cause := recover().(type) {
	case nil:
	case interface {
		runtime.Error
		Addr() uintptr
	}:
		*err = corrupt("a mapped pack cannot be read any more (truncated, or a disk error)")
	default:
		panic(cause)
	}
}
