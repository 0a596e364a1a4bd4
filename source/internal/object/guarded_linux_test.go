package object

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// guarded gives size bytes, behind which lies memory that may be neither read nor
// written: code that runs over their end does not get away with it.
func guarded(t testing.TB, size int) []byte {
	page := os.Getpagesize()
	pages := (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, pages+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(all)) })
	require.NoError(t, syscall.Mprotect(all[pages:], syscall.PROT_NONE))
	return all[pages-size : pages : pages]
}
