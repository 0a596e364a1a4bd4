// Ownstage shows how a stage of one's own joins a pipeline: it finds the
// commits that do nothing but add checks, and prints the lines they add.
//
//	go run ./examples/ownstage -repo DIR
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/commitflow/commitflow/examples/internal/terminal"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// Check is what the stage finds: a line that a commit adds to guard others.
type Check struct {
	Commit *stage.Commit
	Path   string
	Line   string
}

// AddedChecks is the stage. Its settings are fields with working zero values;
// it keeps nothing between commits, so that it may run on many workers.
type AddedChecks struct {
	// MaxLines is how many lines a commit may add; 0 means 5.
	MaxLines int
}

// Process looks at the lines that a commit adds. What is left out on purpose is
// dropped with a reason, which the report counts.
func (a AddedChecks) Process(_ context.Context, c *stage.Commit, emit func(Check)) error {
	limit := a.MaxLines
	if limit == 0 {
		limit = 5
	}
	added, deleted := 0, 0
	for i := range c.Files {
		added += c.Files[i].Added
		deleted += c.Files[i].Deleted
	}
	if deleted > 0 || added == 0 || added > limit {
		return stage.Drop("not a small addition")
	}
	for i := range c.Files {
		for _, hunk := range c.Files[i].Hunks {
			for line := range strings.Lines(hunk.Text) {
				if text, ok := strings.CutPrefix(line, "+"); ok && strings.HasPrefix(strings.TrimSpace(text), "if (!") {
					emit(Check{Commit: c, Path: c.Files[i].Path(), Line: strings.TrimSpace(text)})
				}
			}
		}
	}
	return nil
}

func main() {
	terminal.Main("ownstage", func(ctx context.Context, args []string) error {
		flags := flag.NewFlagSet("ownstage", flag.ContinueOnError)
		repo := flags.String("repo", ".", "directory of the repository")
		if err := flags.Parse(args); err != nil {
			return err
		}
		report, err := run(ctx, *repo, os.Stdout)
		fmt.Fprint(os.Stderr, report)
		return err
	})
}

func run(ctx context.Context, repo string, out io.Writer) (*stage.Report, error) {
	p := stage.New("added checks")
	commits := stage.From(p, &source.Git{Repo: repo, Revisions: []string{"--no-merges"}}, stage.Workers(0))
	parsed := stage.Through(commits, stage.DiffParser{}, stage.Workers(0))
	checks := stage.Through(parsed, AddedChecks{}, stage.Workers(0))
	stage.To(checks, stage.SinkFunc[Check](func(_ context.Context, it stage.Item[Check]) error {
		_, err := fmt.Fprintf(out, "%.12s %s: %s\n", it.Value.Commit.Hash, it.Value.Path, it.Value.Line)
		return err
	}))
	return p.Run(ctx)
}
