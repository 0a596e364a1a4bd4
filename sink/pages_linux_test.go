package sink

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// What is durable leaves the page cache, and stands in the file as before.
func TestPagesOfDurableFilesAreForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard")
	content := bytes.Repeat([]byte("row\n"), 1<<18)
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	_, err = file.Write(content)
	require.NoError(t, err)
	require.NoError(t, file.Sync())
	var system unix.Statfs_t
	require.NoError(t, unix.Fstatfs(int(file.Fd()), &system))
	cached := func() (pages int) {
		reader, err := os.Open(path)
		require.NoError(t, err)
		defer reader.Close()
		data, err := unix.Mmap(int(reader.Fd()), 0, len(content), unix.PROT_READ, unix.MAP_SHARED)
		require.NoError(t, err)
		defer func() { require.NoError(t, unix.Munmap(data)) }()
		resident := make([]byte, (len(content)+os.Getpagesize()-1)/os.Getpagesize())
		_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data)), uintptr(unsafe.Pointer(unsafe.SliceData(resident))))
		require.Zero(t, errno)
		for _, page := range resident {
			pages += int(page & 1)
		}
		return pages
	}
	before := cached()
	forgetPages(file)
	after := cached()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
	if system.Type != unix.EXT4_SUPER_MAGIC && system.Type != unix.XFS_SUPER_MAGIC {
		t.Skipf("file system %#x: what stays in memory is known of ext4 and XFS only", system.Type)
	}
	require.NotZero(t, before)
	require.Less(t, after, before/2, "of %d pages", before)
}
