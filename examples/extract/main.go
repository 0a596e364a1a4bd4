// Extract reads the history of a git repository and stores it in ClickHouse:
//
//	go run ./examples/extract -repo linux -dsn clickhouse://127.0.0.1:9000/commitflow
//
// It makes the database and its tables if they are not there. With a checkpoint
// the same command goes on where it was interrupted, and adds what is new when
// the history has grown:
//
//	go run ./examples/extract -repo linux -checkpoint linux.checkpoint
//
// What follows "--" is given to git rev-list, as in quickstart.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/commitflow/commitflow/examples/internal/command"
	"github.com/commitflow/commitflow/examples/internal/terminal"
	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

func main() { terminal.Main("extract", run) }

type config struct {
	history   command.Repository
	labels    command.Labels
	run       command.Run
	database  command.Database
	name, out string
	contents  bool
	limit     int
	settings  map[string]string
}

func run(ctx context.Context, args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	// Everything that can be wrong with the database is wrong before a clone, too.
	if err := ready(ctx, c.database.Database); err != nil {
		return err
	}
	if err := c.labels.Open(ctx); err != nil {
		return err
	}
	if err := c.history.Clone(ctx); err != nil {
		return err
	}

	git := &source.Git{Repo: c.history.Dir, Name: c.name, Revisions: c.history.Revisions, Workers: c.run.Workers()}
	p, workers := c.run.Pipeline("extract", c.settings, stage.OnError(stage.Skip)) // and list it in the report
	commits := stage.From(p, git, workers)
	if c.limit > 0 {
		commits = stage.Limit(commits, c.limit)
	}
	parsed := stage.Through(commits, stage.DiffParser{Contents: c.contents}, workers)
	identified := stage.Through(parsed, stage.PatchIDs{}, workers)
	labelled := c.labels.Label(identified, git, workers)
	if c.out != "" {
		var rows stage.Stream[*stage.Commit]
		labelled, rows = stage.Tee(labelled)
		stage.To(rows, &sink.JSONL[*stage.Commit]{Dir: c.out, Source: c.history.String()}, workers)
	}
	stage.To(labelled, &sink.ClickHouse{Database: c.database.Database, Source: c.history.String(), Releases: git})

	report, err := p.Run(ctx)
	if err != nil {
		return err
	}
	fmt.Println(report)
	c.labels.Summary()
	fmt.Printf("\nstored in %v\n", c.database)
	if c.out != "" {
		fmt.Printf("and as JSON in %s\n", c.out)
	}
	return nil
}

// ready makes the tables, unless they are there.
func ready(ctx context.Context, db schema.Database) error {
	session, err := schema.Open(ctx, db)
	if errors.Is(err, schema.ErrNoDatabase) || errors.Is(err, schema.ErrVersion) {
		return schema.Create(ctx, db)
	}
	if err == nil {
		session.Close()
	}
	return err
}

// parse reads the command line and checks it before any work is done.
func parse(args []string) (*config, error) {
	c := &config{}
	flags := flag.NewFlagSet("extract", flag.ContinueOnError)
	c.history.Flags(flags)
	c.labels.Flags(flags)
	c.database.Flags(flags)
	flags.StringVar(&c.name, "name", "", "name of the repository in the database (default that of its directory)")
	flags.StringVar(&c.out, "out", "", "directory to write the commits to as well, as JSON Lines")
	flags.BoolVar(&c.contents, "contents", false, "store the whole files before and after each change, which export needs for its rows; some ten times as large as the patches")
	flags.IntVar(&c.limit, "limit", 0, "number of commits after which to stop, oldest first; 0 for all")
	c.run.Flags(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	c.history.Parsed(flags.Args())
	c.settings = command.Settings(flags, "limit", "contents")
	if c.limit < 0 {
		return nil, fmt.Errorf("-limit %d: want a number from 0", c.limit)
	}
	if err := c.database.Parsed(); err != nil {
		return nil, err
	}
	return c, c.run.Check()
}
