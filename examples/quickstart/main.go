// Quickstart reads the history of a git repository and writes a training set:
//
//	go run ./examples/quickstart -repo linux -out dataset
//
// It runs every stage: patches, score, tags, subsystems, links, rows, shards.
// What follows "--" is given to git rev-list:
//
//	go run ./examples/quickstart -repo linux -- v6.1..v6.2 --no-merges --since=2023-01-01
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

func main() { terminal.Main("quickstart", run) }

type config struct {
	history  command.Repository
	labels   command.Labels
	choice   command.Choice
	rows     command.Rows
	run      command.Run
	settings map[string]string
}

func run(ctx context.Context, args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	if err := c.labels.Open(ctx); err != nil {
		return err
	}
	if err := c.history.Clone(ctx); err != nil {
		return err
	}

	git := &source.Git{Repo: c.history.Dir, Revisions: c.history.Revisions, Workers: c.run.Workers()}
	if err := c.rows.Open(ctx, git, c.history.Horizon); err != nil {
		return err
	}
	if c.rows.Tips, err = git.Tips(ctx); err != nil {
		return err
	}
	options := append(c.rows.Options(), stage.OnError(stage.Skip)) // and list it in the report
	p, workers := c.run.Pipeline("quickstart", c.settings, options...)
	commits := stage.From(p, git, workers)
	c.labels.Groups = c.rows.HasSplits()
	labelled := c.labels.Label(commits, git, workers)
	c.rows.History = c.labels.Linker()
	c.rows.Store(c.choice.Keep(labelled, workers), c.history.String(), workers)

	report, err := p.Run(ctx)
	if err != nil {
		return err
	}
	fmt.Println(report)
	c.labels.Summary()
	return c.rows.Close(report)
}

// parse reads the command line and checks it before any work is done.
func parse(args []string) (*config, error) {
	c := &config{}
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	c.history.Flags(flags)
	c.labels.Flags(flags)
	c.choice.Flags(flags)
	c.rows.Flags(flags)
	c.run.Flags(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	c.history.Parsed(flags.Args())
	c.settings = command.Settings(flags, "mode", "duplicates", "limit", "scores")
	for _, check := range []func() error{c.choice.Check, c.rows.Check, c.run.Check} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	c.choice.Wanted, c.rows.Model = c.rows.ByModel(), c.choice.ModelName()
	return c, c.choice.CheckPlace()
}
