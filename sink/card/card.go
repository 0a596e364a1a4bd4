// Package card writes what makes shards a dataset that others can use: its card,
// which is a README.md with YAML front matter as the Hugging Face hub and `datasets`
// read it, and configurations for training on it with Axolotl:
//
//	out/README.md
//	out/axolotl.yaml        QLoRA of a 7B model, on one GPU
//	out/axolotl-full.yaml   all weights of the same model, on several
//
// The card declares the columns of every row with their types, since a reader that
// infers them from the first rows takes a list that is empty there for a list of
// nulls. It holds nothing that changes from one run to the next.
package card

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// The names of the files.
const (
	Name        = "README.md"
	Axolotl     = "axolotl.yaml"
	AxolotlFull = "axolotl-full.yaml"
)

// Card is what a card tells of a dataset. Mode, Format, Manifest and Statistics are
// needed, the rest is told where it is there.
type Card struct {
	Mode   dataset.Mode
	Format dataset.Format
	// Manifest is that of the sink that wrote the rows.
	Manifest *sink.Manifest
	// Statistics have seen every row.
	Statistics *dataset.Statistics

	// Columns are structs, given as pointers, whose fields are columns behind those of
	// the mode and the format.
	Columns []any

	// Tips are what the revisions meant, see [source.Git.Tips].
	Tips []string
	// Report is that of the run; nil where its counts tell nothing, as when the run
	// was stopped after a number of rows.
	Report *stage.Report
	// MaxTokens is what a row may have, 0 for any number, and Tokenizer names what
	// counted them.
	MaxTokens int
	Tokenizer string
	// Settings are the rest of what shaped the rows, by name.
	Settings map[string]string
}

// Write writes the files to the directory of the dataset, which is finished: the
// manifest has to be there. Each file appears at once, complete, the card last.
func (c *Card) Write(dir string) error {
	readme, err := c.readme()
	if err != nil {
		return fmt.Errorf("card: %w", err)
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("card: %w", err)
	}
	name := filepath.Base(absolute)
	for _, file := range []struct {
		name string
		text []byte
	}{{Axolotl, c.axolotl(&qlora, name)}, {AxolotlFull, c.axolotl(&full, name)}, {Name, readme}} {
		if err := replace(filepath.Join(dir, file.name), file.text); err != nil {
			return fmt.Errorf("card: %w", err)
		}
	}
	return nil
}

// Remove removes the files that Write writes, for a dataset that is about to change:
// a card of an unfinished one would be wrong. Files that are not there are no error.
func Remove(dir string) error {
	var errs []error
	for _, name := range []string{Name, Axolotl, AxolotlFull} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("card: %w", err))
		}
	}
	return errors.Join(errs...)
}

// replace writes a file such that either the old or the new text is there.
func replace(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".card-*")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
