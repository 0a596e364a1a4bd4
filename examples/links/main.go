// Links tells what the messages of a history say of other commits, and what of
// that could not be resolved, with the reason:
//
//	go run ./examples/links -repo linux
//	go run ./examples/links -repo linux -other linux-stable -patch-ids
//
// The lines are: commit, kind, reason, hash and subject as stated, with a tab
// between them. The counts go to standard error.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/commitflow/commitflow/examples/internal/terminal"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

func main() {
	terminal.Main("links", func(ctx context.Context, args []string) error {
		flags := flag.NewFlagSet("links", flag.ContinueOnError)
		repo := flags.String("repo", ".", "directory of the repository; arguments of git rev-list go after --")
		other := flags.String("other", "", "directory of another repository that links may lead to, such as that of the stable trees")
		patchIDs := flags.Bool("patch-ids", false, "link commits with equal patches as well; reads all patches")
		if err := flags.Parse(args); err != nil {
			return err
		}
		git := &source.Git{Repo: *repo, Revisions: flags.Args()}
		linker := &stage.ChainLinker{Messages: git, PatchIDs: *patchIDs}
		if *other != "" {
			further := &source.Git{Repo: *other}
			defer further.Close()
			linker.Others = []stage.MessageSource{further}
		}
		return run(ctx, git, linker, os.Stdout, os.Stderr)
	})
}

func run(ctx context.Context, git *source.Git, linker *stage.ChainLinker, lines, counts io.Writer) error {
	p := stage.New("links")
	linked := stage.Through(stage.From(p, git, stage.Workers(0)), linker, stage.Workers(0))
	states := map[stage.State]int{}
	stage.To(linked, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		c := it.Value
		states[c.State]++
		for _, r := range c.Unresolved {
			if _, err := fmt.Fprintf(lines, "%s\t%s\t%s\t%s\t%s\n", c.Hash, r.Kind, r.Reason, r.Hex, r.Subject); err != nil {
				return err
			}
		}
		return nil
	}))
	if _, err := p.Run(ctx); err != nil {
		return err
	}
	for _, count := range linker.Counts() {
		if count.Stated+count.ByPatchID > 0 {
			fmt.Fprintln(counts, count)
		}
	}
	fmt.Fprintf(counts, "%d commits reverted at the end, %d reapplied\n", states[stage.Reverted], states[stage.Reapplied])
	return nil
}
