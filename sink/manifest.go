package sink

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"runtime/debug"
	"slices"
)

// manifestName is the file that makes a directory a finished dataset.
const manifestName = "manifest.json"

// manifestVersion changes when a reader of older manifests would misread a
// newer one. Version 1 had one split and its shards where 2 has configs.
const manifestVersion = 2

// Manifest is what manifest.json says about a dataset. It holds nothing that
// changes from one run to the next, times for example, so that the manifests
// of two equal runs are equal.
type Manifest struct {
	Version int `json:"version"`
	// CreatedBy names this library and its version.
	CreatedBy string `json:"created_by"`
	// Source is what the dataset was made from, as its maker put it.
	Source string `json:"source"`
	// Settings are what shaped the rows, as its maker put it.
	Settings map[string]string `json:"settings"`
	// The sums over all shards.
	Totals
	// Configs are in the order of the sink's partitions.
	Configs []Config `json:"configs"`
}

// Totals are the sizes of rows.
type Totals struct {
	Rows int64 `json:"rows"`
	// RepairedRows counts those with text that was not valid UTF-8.
	RepairedRows int64 `json:"repaired_rows"`
	// Bytes is the size of the rows, CompressedBytes that of the files.
	Bytes           int64 `json:"bytes"`
	CompressedBytes int64 `json:"compressed_bytes"`
}

func (t *Totals) add(more Totals) {
	t.Rows += more.Rows
	t.RepairedRows += more.RepairedRows
	t.Bytes += more.Bytes
	t.CompressedBytes += more.CompressedBytes
}

// Config is a part of a dataset that has splits.
type Config struct {
	Name   string  `json:"name"`
	Splits []Split `json:"splits"`
}

// Split is a partition of a dataset, see [Partition].
type Split struct {
	Name string `json:"name"`
	Totals
	// Shards are in the order of the rows; there are none where there is no row,
	// but for the first split of a dataset without any.
	Shards []Shard `json:"shards"`
}

// Shard is one file of a dataset.
type Shard struct {
	// Path is relative to the dataset's directory, with slashes.
	Path string `json:"path"`
	Totals
	// SHA256 is that of the file, in hexadecimal. Equal rows give an equal file
	// only under one version of the compressor.
	SHA256 string `json:"sha256"`
}

// newManifest sums the shards up and gives them their final paths.
func newManifest(source string, settings map[string]string, partitions []partitionState) *Manifest {
	m := &Manifest{
		Version:   manifestVersion,
		CreatedBy: createdBy(),
		Source:    source,
		Settings:  settings,
	}
	for _, p := range partitions {
		split := Split{Name: p.Split, Shards: append([]Shard{}, p.Shards...)}
		for i := range split.Shards {
			name := fmt.Sprintf("%s-%05d-of-%05d%s", p.Split, i, len(split.Shards), shardSuffix)
			split.Shards[i].Path = path.Join(dataName, p.folder(), name)
			split.add(split.Shards[i].Totals)
		}
		m.add(split.Totals)
		config := m.config(p.config())
		config.Splits = append(config.Splits, split)
	}
	return m
}

// config gives the config of a name, which is added if it is not there.
func (m *Manifest) config(name string) *Config {
	at := slices.IndexFunc(m.Configs, func(c Config) bool { return c.Name == name })
	if at < 0 {
		at = len(m.Configs)
		m.Configs = append(m.Configs, Config{Name: name})
	}
	return &m.Configs[at]
}

// Shards lists the shards of all splits.
func (m *Manifest) Shards() []Shard {
	var shards []Shard
	for _, config := range m.Configs {
		for _, split := range config.Splits {
			shards = append(shards, split.Shards...)
		}
	}
	return shards
}

// shardsOf gives the shards of a partition.
func (m *Manifest) shardsOf(p Partition) []Shard {
	for _, config := range m.Configs {
		for _, split := range config.Splits {
			if config.Name == p.config() && split.Name == p.Split {
				return split.Shards
			}
		}
	}
	return nil
}

// Manifest gives the manifest of the dataset that this sink has finished; nil
// before Finish has succeeded.
func (j *JSONL[T]) Manifest() *Manifest { return j.manifest }

// loadManifest reads a manifest that a sink has written.
func loadManifest(file string) (*Manifest, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m := new(Manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// beginsWith reports whether the first shards of the dataset's partitions are those
// given.
func (m *Manifest) beginsWith(partitions []partitionState) bool {
	for _, p := range partitions {
		published := m.shardsOf(p.Partition)
		if len(published) < len(p.Shards) {
			return false
		}
		for i, shard := range p.Shards {
			if published[i].SHA256 != shard.SHA256 || published[i].Rows != shard.Rows {
				return false
			}
		}
	}
	return true
}

func (m *Manifest) write(name string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", manifestName, err)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
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
