package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

const cardName = "README.md"

// frontMatter is what the card says of files and columns.
type frontMatter struct {
	Configs []struct {
		Name      string `yaml:"config_name"`
		DataFiles []struct {
			Split string `yaml:"split"`
			Path  any    `yaml:"path"` // string, or a list of them
		} `yaml:"data_files"`
	} `yaml:"configs"`
	DatasetInfo []struct {
		Config   string    `yaml:"config_name"`
		Features []feature `yaml:"features"`
		Splits   []struct {
			Name        string `yaml:"name"`
			NumExamples int64  `yaml:"num_examples"`
		} `yaml:"splits"`
	} `yaml:"dataset_info"`
}

// feature is a column, or a field of a struct in one.
type feature struct {
	Name  string    `yaml:"name"`
	Dtype string    `yaml:"dtype"`
	List  yaml.Node `yaml:"list"`

	fields []feature // of the structs in a list
	item   *feature  // of a list of plain values
}

// readCard reads the front matter; nil if there is none that can be read, which is a
// problem.
func (v *validation) readCard() *frontMatter {
	text, err := os.ReadFile(filepath.Join(v.dir, cardName))
	if err != nil {
		v.problem(cardName, 0, "card", "there is no card: "+err.Error())
		return nil
	}
	rest, opened := bytes.CutPrefix(text, []byte("---\n"))
	head, _, closed := bytes.Cut(rest, []byte("\n---\n"))
	if !opened || !closed {
		v.problem(cardName, 1, "card", "it has no front matter between lines of ---")
		return nil
	}
	card := &frontMatter{}
	if err := yaml.Unmarshal(head, card); err != nil {
		v.problem(cardName, 1, "card", "its front matter: "+err.Error())
		return nil
	}
	for i := range card.DatasetInfo {
		if err := resolveAll(card.DatasetInfo[i].Features); err != nil {
			v.problem(cardName, 1, "card", err.Error())
			return nil
		}
	}
	return card
}

func resolveAll(features []feature) error {
	for i := range features {
		f := &features[i]
		switch f.List.Kind {
		case 0:
		case yaml.ScalarNode:
			f.item = &feature{Name: f.Name, Dtype: f.List.Value}
		default:
			if err := f.List.Decode(&f.fields); err != nil {
				return fmt.Errorf("feature %s: %w", f.Name, err)
			}
			if err := resolveAll(f.fields); err != nil {
				return err
			}
		}
	}
	return nil
}

// features gives the columns that the card declares, which must be the same for all
// configs.
func (v *validation) features(card *frontMatter) []feature {
	if card == nil || len(card.DatasetInfo) == 0 {
		return nil
	}
	first := card.DatasetInfo[0].Features
	for _, info := range card.DatasetInfo[1:] {
		if len(info.Features) != len(first) {
			v.problem(cardName, 1, "card", fmt.Sprintf("config %s has other columns than %s", info.Config, card.DatasetInfo[0].Config))
		}
	}
	return first
}

// checkCard holds the card against the manifest: for every split that has rows, it
// has to name just the files of that split, and their rows. A config may also be all
// the others together.
func (v *validation) checkCard(card *frontMatter, shards []shard) {
	if card == nil {
		return
	}
	rows := map[[2]string]int64{}
	for _, info := range card.DatasetInfo {
		for _, split := range info.Splits {
			rows[[2]string{info.Config, split.Name}] = split.NumExamples
		}
	}
	named := map[string]bool{}
	for _, config := range card.Configs {
		for _, files := range config.DataFiles {
			found, inFiles := 0, int64(0)
			for i := range shards {
				s := &shards[i]
				if !matchesAny(patterns(files.Path), s.Path) {
					continue
				}
				found++
				inFiles += s.Rows
				named[s.Path] = true
				if s.split != files.Split {
					v.problem(cardName, 1, "card", fmt.Sprintf("%s is in split %s, and the card has it in %s", s.Path, s.split, files.Split))
				}
			}
			if found == 0 {
				v.problem(cardName, 1, "card", fmt.Sprintf("split %s of %s names no file that is there", files.Split, config.Name))
			}
			if said := rows[[2]string{config.Name, files.Split}]; said != inFiles {
				v.problem(cardName, 1, "card", fmt.Sprintf("split %s of %s has %d rows by the card, and %d by the manifest", files.Split, config.Name, said, inFiles))
			}
		}
	}
	for i := range shards {
		if shards[i].Rows > 0 && !named[shards[i].Path] {
			v.problem(cardName, 1, "card", fmt.Sprintf("no config names %s", shards[i].Path))
		}
	}
}

func patterns(value any) (list []string) {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, element := range value {
			if text, ok := element.(string); ok {
				list = append(list, text)
			}
		}
	}
	return list
}

func matchesAny(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if ok, err := path.Match(pattern, name); ok && err == nil {
			return true
		}
	}
	return false
}
