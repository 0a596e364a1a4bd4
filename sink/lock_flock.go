//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sink

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// dirLock holds a directory for one sink by a lock on a file in it. The system
// drops the lock when its process dies, however it dies, so a file that a dead
// process has left does not lock.
type dirLock struct{ file *os.File }

// lockAttempts is far more than the number of sinks that give a directory up
// while another one tries to lock it.
const lockAttempts = 100

// lockDir creates the directory if need be and locks it.
func lockDir(dir, name string) (*dirLock, error) {
	for attempt := 1; ; attempt++ {
		if err := os.Mkdir(dir, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
		lock, err := tryLock(filepath.Join(dir, name))
		if !errors.Is(err, os.ErrNotExist) || attempt == lockAttempts {
			return lock, err
		}
		// Its holder has just removed the file, or the directory with it.
	}
}

func tryLock(path string) (*dirLock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is locked: %w", path, ErrLocked)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// Its last holder may have removed the file between our opening and
	// locking it; such a lock locks nothing.
	locked, err := file.Stat()
	if err == nil {
		var named os.FileInfo
		if named, err = os.Stat(path); err == nil && !os.SameFile(locked, named) {
			err = fmt.Errorf("%s was replaced: %w", path, os.ErrNotExist)
		}
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &dirLock{file: file}, nil
}

// release removes the lock's file and its directory, if that is empty then.
func (l *dirLock) release() error {
	err := os.Remove(l.file.Name())
	_ = os.Remove(filepath.Dir(l.file.Name()))
	return errors.Join(err, l.file.Close())
}
