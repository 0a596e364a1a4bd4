package stage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/gofrs/flock"
)

// checkpointVersion changes when older checkpoints can no longer be read.
const checkpointVersion = 1

// ErrCheckpointLocked tells that another run uses the checkpoint.
var ErrCheckpointLocked = errors.New("another run is using the checkpoint")

// ErrCheckpointMismatch tells that a checkpoint was made by another pipeline,
// from another source or with other settings.
var ErrCheckpointMismatch = errors.New("the checkpoint belongs to a different run")

// checkpointFile is what a checkpoint holds. It is written whole each time.
type checkpointFile struct {
	Version  int    `json:"version"`
	Pipeline string `json:"pipeline"`
	// Run is made at random when the run begins.
	Run string `json:"run"`
	// Opening tells that the parts were being opened for the first time: nothing
	// has been done yet, but a sink may have put the run's name on its output.
	Opening bool `json:"opening,omitempty"`
	// Complete tells that the run came to its end, all sinks having finished.
	Complete bool `json:"complete"`
	// Settings are those of the pipeline and of its parts, by "part: setting".
	Settings map[string]string `json:"settings"`
	// Sources and Sinks are in the order of wiring.
	Sources []sourceMark `json:"sources"`
	Sinks   []sinkMark   `json:"sinks"`
}

// sourceMark is how far the items of one source have come.
type sourceMark struct {
	Source string `json:"source"`
	// Next is the position before which everything is durable in all sinks.
	Next Position `json:"next"`
	// State is what a [ResumableSource] said of its order.
	State []byte `json:"state,omitempty"`
	// Snapshots are the states of the stages at Next, by name.
	Snapshots map[string][]byte `json:"snapshots,omitempty"`
}

// sinkMark is what a [ResumableSink] said of its output.
type sinkMark struct {
	Sink  string   `json:"sink"`
	Next  Position `json:"next"`
	State []byte   `json:"state,omitempty"`
}

// checkpointStore reads and writes a checkpoint's file, and keeps others from
// it by a lock on a second one beside it, which stays there.
type checkpointStore struct {
	path string
	lock *flock.Flock
}

// openCheckpoint claims a checkpoint.
func openCheckpoint(path string) (*checkpointStore, error) {
	s := &checkpointStore{path: path, lock: flock.New(path + ".lock")}
	locked, err := s.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("%w: wait for it to end, or name another checkpoint", ErrCheckpointLocked)
	}
	return s, nil
}

func (s *checkpointStore) close() error { return s.lock.Close() }

// load gives what the file holds, or nil if there is none.
func (s *checkpointStore) load() (*checkpointFile, error) {
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var file checkpointFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("it is no checkpoint (%w): name another file", err)
	}
	if file.Version != checkpointVersion {
		return nil, fmt.Errorf("it has version %d, and this program reads %d: finish the run with the program that began it, or begin anew elsewhere", file.Version, checkpointVersion)
	}
	return &file, nil
}

// save replaces the file in one step; after a crash it holds either the old
// text or the new one.
func (s *checkpointStore) save(file *checkpointFile) error {
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	temporary := s.path + ".new"
	if err := writeDurably(temporary, append(text, '\n')); err != nil {
		return err
	}
	if err := os.Rename(temporary, s.path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(s.path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// remove removes the file.
func (s *checkpointStore) remove() error { return os.Remove(s.path) }

func writeDurably(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(text); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return file.Close()
}

// matches compares a checkpoint with what is to be run: want has the settings
// of now.
func (f *checkpointFile) matches(want *checkpointFile) error {
	if f.Pipeline != want.Pipeline {
		return fmt.Errorf("%w: pipeline %q, now %q", ErrCheckpointMismatch, f.Pipeline, want.Pipeline)
	}
	all := make(map[string]string)
	maps.Copy(all, f.Settings)
	maps.Copy(all, want.Settings)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		then, had := f.Settings[name]
		now, has := want.Settings[name]
		switch {
		case !has:
			return fmt.Errorf("%w: it has %s, which is gone now", ErrCheckpointMismatch, name)
		case !had:
			return fmt.Errorf("%w: it has no %s", ErrCheckpointMismatch, name)
		case then != now:
			return fmt.Errorf("%w: %s is %q there and %q now", ErrCheckpointMismatch, name, then, now)
		}
	}
	if len(f.Sources) != len(want.Sources) || len(f.Sinks) != len(want.Sinks) {
		return fmt.Errorf("%w: it has %d sources and %d sinks, now there are %d and %d", ErrCheckpointMismatch,
			len(f.Sources), len(f.Sinks), len(want.Sources), len(want.Sinks))
	}
	return nil
}
