package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// ErrOccupied tells that a directory holds a dataset, or files that are not a
// sink's: choose another directory, or empty this one.
var ErrOccupied = errors.New("the directory is not empty")

// ErrLocked tells that another sink, of this process or another, is writing to
// the directory.
var ErrLocked = errors.New("another process is writing to the directory")

const (
	partialName = ".commitflow-partial"
	dataName    = "data"
	lockName    = "lock"
)

// shardName matches the names that shards have in the staging area, before and
// after their total is known.
var shardName = regexp.MustCompile(`^[A-Za-z0-9_]+-[0-9]{5,}(-of-[0-9]{5,})?\.jsonl\.zst$`)

// staging is the place below a dataset's directory where the dataset is built:
//
//	DIR/.commitflow-partial/lock            held while a run goes on
//	DIR/.commitflow-partial/run             names the run, if it has a checkpoint
//	DIR/.commitflow-partial/data/           the shards so far
//	DIR/.commitflow-partial/manifest.json   there once the shards are complete
//
// Publishing moves data to DIR and then manifest.json, each in one step. So
// the state after a crash is told apart by what lies where:
//
//	data staged                    an unfinished run: removed, or gone on with
//	data in DIR, manifest staged   a finished one: its manifest is moved, too
//	both in DIR                    a finished one
type staging struct {
	dir     string // the dataset's
	created bool   // dir was not there before
	lock    *dirLock
}

func (s *staging) partial(elem ...string) string {
	return filepath.Join(append([]string{s.dir, partialName}, elem...)...)
}

func (s *staging) final(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

// shardDir is where the shards are written.
func (s *staging) shardDir() string { return s.partial(dataName) }

// openStaging claims the directory and gives an empty staging area in it. run
// names a run with a checkpoint, and is empty without one.
func openStaging(dir, run string) (*staging, error) {
	return lockStaging(dir, run, (*staging).checkOccupied, (*staging).prepare)
}

// resumeStaging claims a directory in which a run with a checkpoint has been
// before, and reports whether its shards are published as they are.
func resumeStaging(dir, run string, partitions []partitionState) (s *staging, published bool, err error) {
	s, err = lockStaging(dir, run, nil, func(s *staging) (err error) {
		published, err = s.resume(run, partitions)
		return err
	})
	return s, published, err
}

// lockStaging claims the directory: check, if there is one, looks at it before
// anything is made, and prepare makes the staging area ready under the lock.
func lockStaging(dir, run string, check, prepare func(*staging) error) (_ *staging, err error) {
	s := &staging{dir: dir}
	if check != nil {
		if err := check(s); err != nil {
			return nil, err
		}
	}
	if s.created, err = makeDir(dir); err != nil {
		return nil, fmt.Errorf("create the dataset's directory: %w", err)
	}
	if s.lock, err = lockDir(s.partial(), lockName); err != nil {
		return nil, err
	}
	// Only under the lock: what a living process is making is not to be removed.
	if err = s.checkRun(run); err == nil {
		err = prepare(s)
	}
	if err == nil && run != "" {
		err = s.claim(run)
	}
	if err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// prepare deals with what an earlier run has left; the lock is held.
func (s *staging) prepare() error {
	if exists(s.partial(manifestName)) && exists(s.final(dataName)) {
		if err := s.publishManifest(); err != nil {
			return fmt.Errorf("complete the dataset of an earlier run: %w", err)
		}
	}
	// Looked at once more: the directory may have changed before it was locked.
	if err := s.checkOccupied(); err != nil {
		return err
	}
	if err := s.clean(); err != nil {
		return fmt.Errorf("remove what an earlier run has left: %w", err)
	}
	return os.Mkdir(s.shardDir(), 0o777)
}

// checkOccupied refuses a directory that holds anything but a staging area. A
// manifest in the staging area makes its shards in the directory ours.
func (s *staging) checkOccupied() error {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if exists(s.final(manifestName)) {
		return fmt.Errorf("%s already holds a dataset: choose another directory, or remove that one: %w", s.dir, ErrOccupied)
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case name == partialName:
		case name == dataName && exists(s.partial(manifestName)):
		default:
			return fmt.Errorf("%s holds %q, which is not ours: choose an empty directory: %w", s.dir, name, ErrOccupied)
		}
	}
	return nil
}

// publish gives the shards and the manifest their final names. All that can
// fail for want of space comes before the first of the two steps that show.
func (s *staging) publish(manifest *Manifest) error {
	for _, config := range manifest.Configs {
		for _, split := range config.Splits {
			partition := Partition{config.Name, split.Name}
			for i, shard := range split.Shards {
				temporary := filepath.Join(s.shardDir(), partition.temporaryName(i))
				if err := os.Rename(temporary, s.partial(filepath.FromSlash(shard.Path))); err != nil {
					return err
				}
			}
			if len(split.Shards) > 0 {
				if err := syncDir(filepath.Join(s.shardDir(), partition.folder())); err != nil {
					return err
				}
			}
		}
	}
	if err := syncDir(s.shardDir()); err != nil {
		return err
	}
	if err := manifest.write(s.partial(manifestName)); err != nil {
		return err
	}
	if err := syncDir(s.partial()); err != nil {
		return err
	}
	if err := os.Rename(s.shardDir(), s.final(dataName)); err != nil {
		return err
	}
	if err := s.publishManifest(); err != nil {
		return errors.Join(err, os.Rename(s.final(dataName), s.shardDir()))
	}
	return syncDir(s.dir)
}

// publishManifest moves the manifest once its shards are durable in place.
func (s *staging) publishManifest() error {
	if err := syncDir(s.dir); err != nil {
		return err
	}
	return os.Rename(s.partial(manifestName), s.final(manifestName))
}

// discard removes the staging area with all that is in it, and frees the
// directory; a published dataset stays.
func (s *staging) discard() error {
	return errors.Join(s.clean(), s.release())
}

// release gives up the lock and removes what is empty then.
func (s *staging) release() error {
	err := s.lock.release()
	if s.created {
		_ = os.Remove(s.dir) // stays if it holds anything
	}
	return err
}

// clean removes from the staging area what a sink puts there, and fails on
// anything else.
func (s *staging) clean() error {
	if err := removeShards(s.shardDir(), nil); err != nil {
		return err
	}
	for _, path := range []string{s.shardDir(), s.partial(manifestName), s.partial(runName + ".new"), s.partial(runName)} {
		if err := removeIfThere(path); err != nil {
			return err
		}
	}
	return nil
}

// makeDir creates a directory with its parents and reports whether it was
// absent.
func makeDir(dir string) (created bool, err error) {
	if exists(dir) {
		return false, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return false, err
	}
	return true, syncDir(filepath.Dir(filepath.Clean(dir)))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// syncDir makes the names in a directory durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return err
	}
	return dir.Close()
}
