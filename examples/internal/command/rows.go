package command

import (
	"errors"
	"flag"
	"fmt"

	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/stage"
)

// Rows is the training set that a command writes, by the flags -out, -per and
// -limit. All that makes rows of commits is here.
type Rows struct {
	out, per string
	limit    int
	dataset  stage.Dataset
	shards   *sink.JSONL[*stage.Example]
}

// Flags adds the flags.
func (r *Rows) Flags(flags *flag.FlagSet) {
	flags.StringVar(&r.out, "out", "dataset", "directory to write the training set to")
	flags.StringVar(&r.per, "per", "commit", "what one row is: commit or file")
	flags.IntVar(&r.limit, "limit", 0, "number of rows after which to stop; 0 for all")
}

// Check tells what is wrong with the flags' values.
func (r *Rows) Check() error {
	switch r.per {
	case "commit":
		r.dataset.Per = stage.PerCommit
	case "file":
		r.dataset.Per = stage.PerFile
	default:
		return fmt.Errorf("-per %s: want commit or file", r.per)
	}
	if r.limit < 0 {
		return fmt.Errorf("-limit %d: want a number from 0", r.limit)
	}
	return nil
}

// Store ends a stream of commits, which have patches and contents, in the
// training set. from is what the manifest says of where they come from.
func (r *Rows) Store(commits stage.Stream[*stage.Commit], from string, workers stage.StageOption) {
	r.shards = &sink.JSONL[*stage.Example]{Dir: r.out, Source: from}
	rows := stage.Through(commits, r.dataset, workers)
	if r.limit > 0 {
		rows = stage.Limit(rows, r.limit)
	}
	stage.To(rows, r.shards, workers)
}

// Explain makes an error about what the commits lack one about what to do.
func (r *Rows) Explain(err error, do string) error {
	if errors.Is(err, stage.ErrNoContents) {
		return fmt.Errorf("rows show the code before the change, and it is not there: %s (%w)", do, err)
	}
	return err
}

// Summary prints what was written.
func (r *Rows) Summary() {
	m := r.shards.Manifest()
	fmt.Printf("\n%d rows, %.1f MB (%.1f MB compressed), in %d shards: %s\nmanifest: %s/manifest.json\n",
		m.Rows, float64(m.Bytes)/1e6, float64(m.CompressedBytes)/1e6, len(m.Shards), r.out+"/data", r.out)
}
