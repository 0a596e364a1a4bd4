package sink

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
)

// manifestName is the file that makes a directory a finished dataset.
const manifestName = "manifest.json"

// manifestVersion changes when a reader of older manifests would misread a
// newer one.
const manifestVersion = 1

// Manifest is what manifest.json says about a dataset. It holds nothing that
// changes from one run to the next, times for example, so that the manifests
// of two equal runs are equal.
type Manifest struct {
	Version int `json:"version"`
	// CreatedBy names this library and its version.
	CreatedBy string `json:"created_by"`
	// Source is what the dataset was made from, as its maker put it.
	Source string `json:"source"`
	Split  string `json:"split"`
	// The sums over all shards.
	Rows            int64 `json:"rows"`
	RepairedRows    int64 `json:"repaired_rows"`
	Bytes           int64 `json:"bytes"`
	CompressedBytes int64 `json:"compressed_bytes"`
	// Shards are in the order of the rows.
	Shards []Shard `json:"shards"`
}

// Shard is one file of a dataset.
type Shard struct {
	// Path is relative to the dataset's directory, with slashes.
	Path string `json:"path"`
	Rows int64  `json:"rows"`
	// RepairedRows counts those with text that was not valid UTF-8.
	RepairedRows int64 `json:"repaired_rows"`
	// Bytes is the size of the rows, CompressedBytes that of the file.
	Bytes           int64 `json:"bytes"`
	CompressedBytes int64 `json:"compressed_bytes"`
	// SHA256 is that of the file, in hexadecimal. Equal rows give an equal file
	// only under one version of the compressor.
	SHA256 string `json:"sha256"`
}

// newManifest sums the shards up and gives them their final paths.
func newManifest(split, source string, shards []Shard) *Manifest {
	m := &Manifest{
		Version:   manifestVersion,
		CreatedBy: createdBy(),
		Source:    source,
		Split:     split,
		Shards:    shards,
	}
	for i := range m.Shards {
		shard := &m.Shards[i]
		shard.Path = fmt.Sprintf("%s/%s-%05d-of-%05d%s", dataName, split, i, len(shards), shardSuffix)
		m.Rows += shard.Rows
		m.RepairedRows += shard.RepairedRows
		m.Bytes += shard.Bytes
		m.CompressedBytes += shard.CompressedBytes
	}
	return m
}

// Manifest gives the manifest of the dataset that this sink has finished; nil
// before Finish has succeeded.
func (j *JSONL[T]) Manifest() *Manifest { return j.manifest }

// loadManifest reads a manifest that a sink has written.
func loadManifest(path string) (*Manifest, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := new(Manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// beginsWith reports whether the dataset's first shards are those given.
func (m *Manifest) beginsWith(shards []Shard) bool {
	if len(m.Shards) < len(shards) {
		return false
	}
	for i, shard := range shards {
		if m.Shards[i].SHA256 != shard.SHA256 || m.Shards[i].Rows != shard.Rows {
			return false
		}
	}
	return true
}

func (m *Manifest) write(path string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", manifestName, err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(append(text, '\n')); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return file.Close()
}

const modulePath = "github.com/commitflow/commitflow"

// createdBy gives the library's version as the program was built with it.
func createdBy() string {
	version := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range append(info.Deps, &info.Main) {
			if module.Path == modulePath && module.Version != "" {
				version = module.Version
			}
		}
	}
	return "commitflow " + version
}
