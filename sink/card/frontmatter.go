package card

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/commitflow/commitflow/sink"
)

// config is a part of the dataset that is loaded by its name, and has splits.
type config struct {
	name   string
	splits []split
}

type split struct {
	name                    string
	patterns                []string // of its files, relative to the dataset
	rows, bytes, compressed int64
}

// frontMatter is the YAML at the head of a card. The hub documents it as "dataset
// cards" and "manual configuration".
type frontMatter struct {
	PrettyName     string        `yaml:"pretty_name"`
	License        any           `yaml:"license,omitempty"` // string or []string
	Language       []string      `yaml:"language"`
	TaskCategories []string      `yaml:"task_categories"`
	Tags           []string      `yaml:"tags"`
	SizeCategories []string      `yaml:"size_categories"`
	Configs        []cardConfig  `yaml:"configs"`
	DatasetInfo    []datasetInfo `yaml:"dataset_info"`
}

type cardConfig struct {
	Name      string     `yaml:"config_name"`
	Default   bool       `yaml:"default,omitempty"`
	DataFiles []dataFile `yaml:"data_files"`
}

type dataFile struct {
	Split string `yaml:"split"`
	Path  any    `yaml:"path"` // string or []string
}

type datasetInfo struct {
	Config       string      `yaml:"config_name"`
	Features     []feature   `yaml:"features"`
	Splits       []splitInfo `yaml:"splits"`
	DownloadSize int64       `yaml:"download_size"`
	DatasetSize  int64       `yaml:"dataset_size"`
}

type splitInfo struct {
	Name        string `yaml:"name"`
	NumBytes    int64  `yaml:"num_bytes"`
	NumExamples int64  `yaml:"num_examples"`
}

// readme is the card.
func (c *Card) readme() ([]byte, error) {
	columns, err := features(c.structs())
	if err != nil {
		return nil, err
	}
	configs := c.configs()
	head := frontMatter{
		PrettyName:     c.title(),
		License:        hubLicense(c.Statistics.Licenses()),
		Language:       []string{"en"},
		TaskCategories: []string{"text-generation"},
		Tags:           []string{"code", "git", "commits", "patches", string(c.Mode)},
		SizeCategories: []string{sizeCategory(c.Manifest.Rows)},
	}
	for i, config := range configs {
		entry := cardConfig{Name: config.name, Default: i == 0 && len(configs) > 1}
		info := datasetInfo{Config: config.name, Features: columns}
		for _, split := range config.splits {
			entry.DataFiles = append(entry.DataFiles, dataFile{split.name, oneOrAll(split.patterns)})
			info.Splits = append(info.Splits, splitInfo{split.name, split.bytes, split.rows})
			info.DownloadSize += split.compressed
			info.DatasetSize += split.bytes
		}
		head.Configs = append(head.Configs, entry)
		head.DatasetInfo = append(head.DatasetInfo, info)
	}
	var out bytes.Buffer
	out.WriteString("---\n")
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&head); err != nil {
		return nil, err
	}
	if err := encoder.Close(); err != nil {
		return nil, err
	}
	out.WriteString("---\n\n")
	c.writeText(&out, configs)
	return out.Bytes(), nil
}

// structs are those whose fields are the columns.
func (c *Card) structs() []any { return append(c.Mode.Columns(c.Format), c.Columns...) }

// configs are the parts of the dataset that hold rows: a reader takes a split without
// any for a mistake. Where there are several, as tiers have, the first config is all of
// them together.
func (c *Card) configs() []config {
	var configs []config
	for _, part := range c.Manifest.Configs {
		known := config{name: part.Name}
		for _, s := range part.Splits {
			if s.Rows > 0 {
				known.add(split{s.Name, []string{shardPattern(s.Shards[0].Path)}, s.Rows, s.Bytes, s.CompressedBytes})
			}
		}
		if len(known.splits) > 0 {
			configs = append(configs, known)
		}
	}
	if len(configs) < 2 {
		return configs
	}
	all := config{name: defaultConfig}
	for _, config := range configs {
		for _, split := range config.splits {
			all.add(split)
		}
	}
	return append([]config{all}, configs...)
}

// add adds files to their split.
func (c *config) add(s split) {
	at := slices.IndexFunc(c.splits, func(known split) bool { return known.name == s.name })
	if at < 0 {
		s.patterns = slices.Clone(s.patterns)
		c.splits = append(c.splits, s)
		return
	}
	sum := &c.splits[at]
	sum.rows += s.rows
	sum.bytes += s.bytes
	sum.compressed += s.compressed
	for _, pattern := range s.patterns {
		if !slices.Contains(sum.patterns, pattern) {
			sum.patterns = append(sum.patterns, pattern)
		}
	}
}

// tiers are the names of the configs that hold a part of the rows only.
func (c *Card) tiers() (names []string) {
	for _, config := range c.configs() {
		if config.name != defaultConfig {
			names = append(names, config.name)
		}
	}
	return names
}

// defaultConfig is what `datasets` calls a dataset's only config.
const defaultConfig = sink.DefaultConfig

// shardPattern matches the shards of a split, by the path of one: "data/train-*.jsonl.zst".
func shardPattern(shard string) string {
	folder, file := path.Split(shard)
	name, numbers, _ := strings.Cut(file, "-")
	_, suffix, _ := strings.Cut(numbers, ".")
	return folder + name + "-*." + suffix
}

// oneOrAll gives a list of one as that one.
func oneOrAll(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// title names the dataset by what it was made of.
func (c *Card) title() string {
	repos := c.Statistics.Repos()
	names := make([]string, 0, len(repos))
	for name := range repos {
		names = append(names, name)
	}
	slices.Sort(names)
	const named = 3
	switch {
	case len(names) == 0:
		return fmt.Sprintf("commits (%s)", c.Mode)
	case len(names) > named:
		return fmt.Sprintf("%s and %d more repositories (%s)", strings.Join(names[:named], ", "), len(names)-named, c.Mode)
	}
	return fmt.Sprintf("%s (%s)", strings.Join(names, ", "), c.Mode)
}

// sizeCategory is the hub's name for a number of rows.
func sizeCategory(rows int64) string {
	names := []string{"1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T"}
	limit := int64(1000)
	for i, name := range names {
		if rows < limit {
			if i == 0 {
				return "n<" + name
			}
			return names[i-1] + "<n<" + name
		}
		limit *= 10
	}
	return "n>1T"
}

// hubLicenses are the hub's identifiers by the SPDX ones, in lower case and without
// what tells "only" from "or later": the hub does not. See the hub's list of
// licences.
var hubLicenses = map[string]string{
	"gpl-2.0": "gpl-2.0", "gpl-3.0": "gpl-3.0", "gpl-1.0": "gpl", "lgpl-2.1": "lgpl-2.1", "lgpl-3.0": "lgpl-3.0",
	"lgpl-2.0": "lgpl", "agpl-3.0": "agpl-3.0", "apache-2.0": "apache-2.0", "mit": "mit", "isc": "isc", "zlib": "zlib",
	"bsd-2-clause": "bsd-2-clause", "bsd-3-clause": "bsd-3-clause", "mpl-2.0": "mpl-2.0", "epl-1.0": "epl-1.0",
	"epl-2.0": "epl-2.0", "eupl-1.2": "eupl-1.2", "cc0-1.0": "cc0-1.0", "cc-by-4.0": "cc-by-4.0",
	"cc-by-sa-4.0": "cc-by-sa-4.0", "unlicense": "unlicense", "wtfpl": "wtfpl", "bsl-1.0": "bsl-1.0", "ofl-1.1": "ofl-1.1",
}

// hubLicense gives the hub's identifiers of all licences that occur, sorted; "other"
// stands for those that it has no name for and for rows that do not tell.
func hubLicense(rows map[string]int64) any {
	var list []string
	add := func(name string) {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	for expression := range rows {
		terms := strings.FieldsFunc(expression, func(r rune) bool { return r == ' ' || r == '(' || r == ')' })
		if len(terms) == 0 {
			add("other")
		}
		exception := false // what follows WITH
		for _, term := range terms {
			switch {
			case exception:
				exception = false
			case term == "WITH" || term == "AND" || term == "OR":
				exception = term == "WITH"
			default:
				id := strings.ToLower(strings.TrimSuffix(term, "+"))
				id = strings.TrimSuffix(strings.TrimSuffix(id, "-only"), "-or-later")
				if name, known := hubLicenses[id]; known {
					add(name)
				} else {
					add("other")
				}
			}
		}
	}
	slices.Sort(list)
	if len(list) == 0 {
		return nil
	}
	return oneOrAll(list)
}
