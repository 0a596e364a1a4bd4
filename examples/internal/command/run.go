package command

import (
	"flag"
	"fmt"
	"os"

	"github.com/commitflow/commitflow/examples/internal/terminal"
	"github.com/commitflow/commitflow/stage"
)

// Run says how a command's pipeline runs, by the flags -checkpoint and -workers.
type Run struct {
	checkpoint string
	workers    int
}

// Flags adds the flags.
func (r *Run) Flags(flags *flag.FlagSet) {
	flags.StringVar(&r.checkpoint, "checkpoint", "", "file that keeps the place of the run: the same command goes on there after an interruption, and adds what is new after the end")
	flags.IntVar(&r.workers, "workers", 0, "number of workers of each stage; 0 for one per CPU")
}

// Check tells what is wrong with the flags' values.
func (r *Run) Check() error {
	if r.workers < 0 {
		return fmt.Errorf("-workers %d: want a number from 0", r.workers)
	}
	return nil
}

// Pipeline makes a pipeline that shows its progress, and has a checkpoint if one
// was asked for. settings are the flags that shape what comes out, beyond what the
// stages know.
func (r *Run) Pipeline(name string, settings map[string]string, options ...stage.Option) (*stage.Pipeline, stage.StageOption) {
	options = append(options, terminal.WithProgress(os.Stderr, "commits"))
	if r.checkpoint != "" {
		options = append(options, stage.WithCheckpoint(r.checkpoint, settings))
	}
	return stage.New(name, options...), stage.Workers(r.workers)
}

// Workers is the number of workers for parts that take it as a field.
func (r *Run) Workers() int { return r.workers }
