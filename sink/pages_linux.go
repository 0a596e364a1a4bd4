package sink

import (
	"os"

	"golang.org/x/sys/unix"
)

// forgetPages tells the system that a file that is durable will not be read soon: it is
// not to push the repository's packs out of the page cache, and its memory is at hand for
// what is written next.
func forgetPages(file *os.File) { _ = unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED) }
