package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// runName is a file in the staging area that names the run of a checkpoint: what
// lies beside it may be gone on with.
const runName = "run"

// ErrInterrupted tells that a directory holds what an interrupted run with a
// checkpoint has left.
var ErrInterrupted = errors.New("the directory holds the shards of an interrupted run: resume that with its checkpoint, or remove its " + partialName)

// claim makes the staging area that of a run with a checkpoint, until discard. It
// does so in one step: a name that is cut short is nobody's.
func (s *staging) claim(run string) error {
	if s.ours(run) {
		return nil
	}
	temporary := s.partial(runName + ".new")
	if err := os.WriteFile(temporary, []byte(run+"\n"), 0o666); err != nil {
		return err
	}
	if err := os.Rename(temporary, s.partial(runName)); err != nil {
		return err
	}
	return syncDir(s.partial())
}

// ours reports whether the run has claimed the staging area.
func (s *staging) ours(run string) bool {
	text, err := os.ReadFile(s.partial(runName))
	return err == nil && run != "" && string(text) == run+"\n"
}

// checkRun refuses the remains of an interrupted run other than this one.
func (s *staging) checkRun(run string) error {
	if exists(s.partial(runName)) && !s.ours(run) {
		return fmt.Errorf("%s: %w", s.dir, ErrInterrupted)
	}
	return nil
}

// find gives the file of a finished shard, wherever a crash has left it.
func (s *staging) find(partition Partition, number int, shard Shard) (string, error) {
	published := filepath.Join(partition.folder(), fmt.Sprintf("%s-%05d-of-*%s", partition.Split, number, shardSuffix))
	for _, pattern := range []string{
		filepath.Join(escapeGlob(s.shardDir()), partition.temporaryName(number)),
		filepath.Join(escapeGlob(s.shardDir()), published),
		filepath.Join(escapeGlob(s.final(dataName)), published),
	} {
		candidates, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		for _, path := range candidates {
			if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && info.Size() == shard.CompressedBytes {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%s: shard %d of %s, of %d bytes, is missing: %w", s.dir, number, partition, shard.CompressedBytes, ErrUnresumable)
}

// escapeGlob makes a pattern of a path.
func escapeGlob(path string) string {
	var pattern []byte
	for i := range len(path) {
		switch path[i] {
		case '*', '?', '[', '\\':
			pattern = append(pattern, '[', path[i], ']')
		default:
			pattern = append(pattern, path[i])
		}
	}
	return string(pattern)
}

// resume brings the shards of an interrupted or finished run together again,
// unless they are published just so. Nothing is changed if one is missing. It
// may be interrupted and called again.
func (s *staging) resume(run string, partitions []partitionState) (published bool, err error) {
	if exists(s.partial(manifestName)) && exists(s.final(dataName)) {
		if err := s.publishManifest(); err != nil {
			return false, fmt.Errorf("complete the dataset of an earlier run: %w", err)
		}
	}
	for _, p := range partitions {
		for i, shard := range p.Shards {
			if _, err := s.find(p.Partition, i, shard); err != nil {
				return false, err
			}
		}
	}
	if exists(s.final(manifestName)) {
		manifest, err := loadManifest(s.final(manifestName))
		if err != nil {
			return false, err
		}
		if !manifest.beginsWith(partitions) || !anyShard(partitions) && !s.ours(run) {
			return false, fmt.Errorf("%s already holds another dataset: %w", s.dir, ErrUnresumable)
		}
		if anyShard(partitions) && countShards(partitions) == len(manifest.Shards()) {
			return true, nil
		}
	}
	return false, s.gather(partitions)
}

// gather takes a dataset back into the staging area: the shards get their
// temporary names, and what else there is of the dataset is removed.
func (s *staging) gather(partitions []partitionState) error {
	if err := removeIfThere(s.final(manifestName)); err != nil {
		return err
	}
	if err := syncDir(s.dir); err != nil {
		return err
	}
	if err := os.Mkdir(s.shardDir(), 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	kept := map[string]bool{}
	for _, p := range partitions {
		folder := filepath.Join(s.shardDir(), p.folder())
		for i, shard := range p.Shards {
			path, err := s.find(p.Partition, i, shard)
			if err != nil {
				return err
			}
			if _, err := makeDir(folder); err != nil {
				return err
			}
			name := filepath.Join(s.shardDir(), p.temporaryName(i))
			kept[name] = true
			if err := os.Rename(path, name); err != nil {
				return err
			}
		}
		if len(p.Shards) > 0 {
			if err := syncDir(folder); err != nil {
				return err
			}
		}
	}
	if err := syncDir(s.shardDir()); err != nil {
		return err
	}
	if err := removeShards(s.final(dataName), nil); err != nil {
		return err
	}
	if err := removeIfThere(s.final(dataName)); err != nil {
		return err
	}
	if err := removeIfThere(s.partial(manifestName)); err != nil {
		return err
	}
	return removeShards(s.shardDir(), kept)
}

func countShards(partitions []partitionState) (count int) {
	for _, p := range partitions {
		count += len(p.Shards)
	}
	return count
}

// removeShards removes the shards in a directory and in the folders of configs in it,
// but those to be kept, by their paths, and fails on anything else. The directory may
// be absent.
func removeShards(dir string, kept map[string]bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		switch {
		case kept[path]:
		case entry.IsDir() && splitName.MatchString(entry.Name()):
			if err := removeShards(path, kept); err != nil {
				return err
			}
			if left, err := os.ReadDir(path); err != nil {
				return err
			} else if len(left) == 0 {
				if err := os.Remove(path); err != nil {
					return err
				}
			}
		case !shardName.MatchString(entry.Name()):
			return fmt.Errorf("%s is not ours: %w", path, ErrOccupied)
		default:
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
