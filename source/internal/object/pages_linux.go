package object

import "golang.org/x/sys/unix"

// dropPages takes a part of a mapped file, which begins with a page, out of this
// process's memory. It can be read again at any time, and is the same; so a
// failure does no harm.
func dropPages(part []byte) { _ = unix.Madvise(part, unix.MADV_DONTNEED) }
