package dataset

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/commitflow/commitflow/stage"
)

// DropList collects what the stages of a pipeline leave out, and writes it down: give
// its Add to [stage.WithDropped]. It holds some 60 bytes for each item. The zero value
// is ready.
type DropList struct {
	names   []string // of stages and reasons
	numbers map[string]uint16
	items   []droppedItem
}

type droppedItem struct {
	position      stage.Position
	commit        stage.Hash
	stage, reason uint16
	of            string
}

// Add takes in an item. What is no commit, nor made of one, is not listed.
func (l *DropList) Add(d stage.Dropped) {
	name, ok := strings.CutPrefix(d.Identity, "commit ")
	commit, err := stage.ParseHash(name)
	if !ok || err != nil {
		return
	}
	l.items = append(l.items, droppedItem{d.Position, commit, l.number(d.Stage), l.number(d.Reason), d.Of})
}

func (l *DropList) number(name string) uint16 {
	n, ok := l.numbers[name]
	if !ok {
		if l.numbers == nil {
			l.numbers = map[string]uint16{}
		}
		n = uint16(len(l.names))
		l.names = append(l.names, name)
		l.numbers[name] = n
	}
	return n
}

// Len is the number of items so far.
func (l *DropList) Len() int { return len(l.items) }

// WriteFile writes a line {"commit", "stage", "reason", "of"} of JSON for each item, in
// the order of the source; "of" is the row that a duplicate repeats, and else empty; compressed if the path ends in ".zst". The file appears at
// once, complete. It is not safe to call while a pipeline runs.
func (l *DropList) WriteFile(path string) error {
	slices.SortStableFunc(l.items, func(a, b droppedItem) int {
		return cmp.Or(cmp.Compare(a.position, b.position), strings.Compare(l.names[a.stage], l.names[b.stage]), strings.Compare(l.names[a.reason], l.names[b.reason]), strings.Compare(a.of, b.of))
	})
	file, err := os.CreateTemp(filepath.Dir(path), ".dropped-*")
	if err != nil {
		return fmt.Errorf("list of what was left out: %w", err)
	}
	err = errors.Join(l.write(file, strings.HasSuffix(path, ".zst")), file.Chmod(0o644), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("list of what was left out: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

func (l *DropList) write(file *os.File, compressed bool) error {
	buffered := bufio.NewWriter(file)
	var compressor *zstd.Encoder
	lines := json.NewEncoder(buffered)
	if compressed {
		// One frame: some readers stop after the first.
		var err error
		if compressor, err = zstd.NewWriter(buffered, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true)); err != nil {
			return err
		}
		lines = json.NewEncoder(compressor)
	}
	for _, item := range l.items {
		row := struct {
			Commit stage.Hash `json:"commit"`
			Stage  string     `json:"stage"`
			Reason string     `json:"reason"`
			Of     string     `json:"of"`
		}{item.commit, l.names[item.stage], l.names[item.reason], item.of}
		if err := lines.Encode(row); err != nil {
			return err
		}
	}
	if compressed {
		if err := compressor.Close(); err != nil {
			return err
		}
	}
	return buffered.Flush()
}
