//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package sink

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// dirLock holds a directory for one sink by the existence of a file in it.
// What a dead process has left must be removed by hand, since there is no
// portable way to tell that it is dead.
type dirLock struct{ file *os.File }

// lockDir creates the directory if need be and locks it.
func lockDir(dir, name string) (*dirLock, error) {
	if err := os.Mkdir(dir, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s exists (if no other run goes on, remove it): %w", filepath.Join(dir, name), ErrLocked)
	}
	if err != nil {
		return nil, err
	}
	return &dirLock{file: file}, nil
}

// release removes the lock's file and its directory, if that is empty then.
func (l *dirLock) release() error {
	err := errors.Join(l.file.Close(), os.Remove(l.file.Name()))
	_ = os.Remove(filepath.Dir(l.file.Name()))
	return err
}
