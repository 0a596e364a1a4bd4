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

	"github.com/commitflow/commitflow/examples/internal/command"
	"github.com/commitflow/commitflow/examples/internal/terminal"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

func main() { terminal.Main("export", run) }

type config struct {
	database command.Database
	choice   command.Choice
	rows     command.Rows
	run      command.Run
	name     string
	merges   bool
	settings map[string]string
}

func run(ctx context.Context, args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	history := &source.ClickHouse{Database: c.database.Database, Repo: c.name, Selection: c.selection(), Contents: true}
	if err := c.rows.Open(ctx, history, history.Horizon); err != nil {
		return err
	}
	p, workers := c.run.Pipeline("export", c.settings, c.rows.Options()...)
	commits := stage.From(p, history)
	if c.rows.HasSplits() {
		c.rows.History = &stage.ChainLinker{Messages: history, Groups: true}
	}
	c.rows.Store(c.choice.KeepPatched(commits, workers), c.database.String(), workers)
	report, err := p.Run(ctx)
	if err != nil {
		return c.rows.Explain(err, "extract the history with -contents")
	}
	fmt.Println(report)
	return c.rows.Close(report)
}

// parse reads the command line and checks it before any work is done.
func parse(args []string) (*config, error) {
	c := &config{}
	flags := flag.NewFlagSet("export", flag.ContinueOnError)
	c.database.Flags(flags)
	flags.StringVar(&c.name, "repo", "", "name of the repository in the database, if it has several")
	c.choice.Flags(flags)
	flags.BoolVar(&c.merges, "merges", false, "read merges as well; they make no rows, and the report counts them")
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
	c.settings = command.Settings(flags, "repo", "merges", "mode", "duplicates", "limit", "scores")
	c.choice.Wanted, c.rows.Model = c.rows.ByModel(), c.choice.ModelName()
	c.choice.InTable(c.database.Database, c.name)
	return c, nil
}

// selection is what the server can leave out by itself; the filter in the pipeline
// asks for the rest. Where what is left out is listed, only the filter does.
func (c *config) selection() source.Selection {
	s := source.Selection{NoMerges: !c.merges}
	if c.rows.ListsDrops() {
		return s
	}
	f := &c.choice.Filter
	if f.Model != "" && f.MinModelScore > 0 && c.choice.InDatabase() {
		s.Model, s.MinModelScore = f.Model, float32(f.MinModelScore)
	}
	s.MinQuality = float32(f.MinQuality)
	s.Tags, s.ExcludeTags, s.MinStrength, s.Subsystems = f.Tags, f.ExcludeTags, f.MinStrength, f.Subsystems
	s.MinLines, s.MaxLines = f.MinLines, f.MaxLines
	s.Since, s.Until, s.Sample = f.Since, f.Until, f.Sample
	return s
}
