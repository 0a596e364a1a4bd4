// Export reads commits from ClickHouse, where extract has stored them, and writes
// a training set; the repository is not needed any more:
//
//	go run ./examples/extract -repo linux -contents
//	go run ./examples/export -out dataset -min-quality 70 -tags security -max-lines 300
//
// The server chooses the commits: what is left out is not sent.
package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/commitflow/commitflow/examples/internal/command"
	"github.com/commitflow/commitflow/examples/internal/terminal"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

func main() { terminal.Main("export", run) }

type config struct {
	database  command.Database
	choice    command.Choice
	rows      command.Rows
	run       command.Run
	name      string
	selection source.Selection
	settings  map[string]string
}

func run(ctx context.Context, args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	p, workers := c.run.Pipeline("export", c.settings)
	commits := stage.From(p, &source.ClickHouse{
		Database: c.database.Database, Repo: c.name, Selection: c.selection, Contents: true,
	})
	c.rows.Store(commits, c.database.String(), workers)
	report, err := p.Run(ctx)
	if err != nil {
		return c.rows.Explain(err, "extract the history with -contents")
	}
	fmt.Println(report)
	c.rows.Summary()
	return nil
}

// parse reads the command line and checks it before any work is done.
func parse(args []string) (*config, error) {
	c := &config{}
	s := &c.selection
	var modelScore float64
	var merges bool
	var since, until string
	flags := flag.NewFlagSet("export", flag.ContinueOnError)
	c.database.Flags(flags)
	flags.StringVar(&c.name, "repo", "", "name of the repository in the database, if it has several")
	c.choice.Flags(flags)
	flags.StringVar(&s.Model, "model", "", "keep commits that this model has judged (table model_scores)")
	flags.Float64Var(&modelScore, "min-model-score", 0, "lowest score that the model has given, 0 to 100")
	flags.IntVar(&s.MinLines, "min-lines", 0, "fewest added and deleted lines of a commit")
	flags.IntVar(&s.MaxLines, "max-lines", 0, "most added and deleted lines of a commit; 0 for any number")
	flags.BoolVar(&merges, "merges", false, "read merges as well; they make no rows, and the report counts them")
	flags.StringVar(&since, "since", "", "first day of the commits to keep, as 2023-01-31, in UTC")
	flags.StringVar(&until, "until", "", "day after the last one of the commits to keep, in UTC")
	flags.Float64Var(&s.Sample, "sample", 0, "share of the commits to keep, between 0 and 1, by their hashes: the same ones every time; 0 for all")
	c.rows.Flags(flags)
	c.run.Flags(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("%q: unknown argument, all of export's are flags", flags.Arg(0))
	}
	for _, check := range []func() error{c.database.Parsed, c.choice.Check, c.rows.Check, c.run.Check} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	c.settings = command.Settings(flags, "repo", "min-quality", "model", "min-model-score", "tags", "exclude-tags",
		"subsystems", "min-lines", "max-lines", "merges", "since", "until", "sample", "limit")
	s.MinQuality, s.MinModelScore, s.NoMerges = float32(c.choice.MinQuality), float32(modelScore), !merges
	s.Tags, s.ExcludeTags, s.Subsystems = c.choice.Tags, c.choice.ExcludeTags, c.choice.Subsystems
	var err error
	if s.Since, err = day("-since", since); err != nil {
		return nil, err
	}
	s.Until, err = day("-until", until)
	return c, err
}

// day reads a date; an empty text is the zero time.
func day(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("%s %s: want a day, as 2023-01-31", name, text)
	}
	return t, nil
}
