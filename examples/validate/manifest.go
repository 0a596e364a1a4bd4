package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// manifest is what manifest.json says. It is read here anew, and not by the code that
// has written it.
type manifest struct {
	Version int        `json:"version"`
	Rows    int64      `json:"rows"`
	Configs []mfConfig `json:"configs"`

	// Of version 1, which had one split.
	Split  string  `json:"split"`
	Shards []shard `json:"shards"`
}

type mfConfig struct {
	Name   string    `json:"name"`
	Splits []mfSplit `json:"splits"`
}

type mfSplit struct {
	Name   string  `json:"name"`
	Rows   int64   `json:"rows"`
	Shards []shard `json:"shards"`
}

// shard is a file of rows.
type shard struct {
	Path            string `json:"path"`
	Rows            int64  `json:"rows"`
	Bytes           int64  `json:"bytes"`
	CompressedBytes int64  `json:"compressed_bytes"`
	SHA256          string `json:"sha256"`

	config, split string
}

// readManifest reads the manifest and lists its shards.
func readManifest(dir string) (*manifest, []shard, error) {
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: a directory without a manifest is no finished dataset", err)
	}
	m := &manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", filepath.Join(dir, "manifest.json"), err)
	}
	if m.Version == 1 {
		m.Configs = []mfConfig{{"default", []mfSplit{{m.Split, m.Rows, m.Shards}}}}
	}
	var shards []shard
	for _, config := range m.Configs {
		for _, split := range config.Splits {
			for _, s := range split.Shards {
				s.config, s.split = config.Name, split.Name
				shards = append(shards, s)
			}
		}
	}
	return m, shards, nil
}

// checkManifest holds the manifest against itself and against what lies in data.
func (v *validation) checkManifest(m *manifest, shards []shard) {
	const name = "manifest.json"
	total := int64(0)
	for _, config := range m.Configs {
		for _, split := range config.Splits {
			rows := int64(0)
			for _, s := range split.Shards {
				rows += s.Rows
			}
			if rows != split.Rows {
				v.problem(name, 0, "manifest", fmt.Sprintf("split %s of %s has %d rows, and its shards %d", split.Name, config.Name, split.Rows, rows))
			}
			total += split.Rows
		}
	}
	if total != m.Rows {
		v.problem(name, 0, "manifest", fmt.Sprintf("%d rows, and its splits have %d", m.Rows, total))
	}
	listed := map[string]bool{}
	for _, s := range shards {
		if !filepath.IsLocal(filepath.FromSlash(s.Path)) {
			v.problem(name, 0, "manifest", fmt.Sprintf("the path %q leads out of the dataset", s.Path))
		}
		listed[s.Path] = true
	}
	err := filepath.WalkDir(filepath.Join(v.dir, "data"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(v.dir, path)
		if err == nil && !listed[filepath.ToSlash(relative)] {
			v.problem(filepath.ToSlash(relative), 0, "manifest", "the manifest does not list this file")
		}
		return err
	})
	if err != nil && !strings.Contains(err.Error(), "no such file") {
		v.problem("data", 0, "files", err.Error())
	}
}
