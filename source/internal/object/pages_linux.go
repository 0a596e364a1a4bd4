package object

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// dropPages takes a part of a mapped file, which begins with a page, out of this
// process's memory. It can be read again at any time, and is the same; so a
// failure does no harm.
func dropPages(part []byte) { _ = unix.Madvise(part, unix.MADV_DONTNEED) }

// residentFiles gives how much of mapped files this process has in memory, in bytes, or
// 0 where the system does not tell. It takes some microseconds.
func residentFiles() int64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if fields := bytes.Fields(statm); err == nil && len(fields) > 2 {
		if pages, err := strconv.ParseInt(string(fields[2]), 10, 64); err == nil {
			return pages * int64(os.Getpagesize())
		}
	}
	return 0
}
