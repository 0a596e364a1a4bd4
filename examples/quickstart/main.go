// Quickstart reads the history of a git repository and writes a training set:
//
//	go run ./examples/quickstart -repo linux -out dataset
//
// It runs every stage: patches, score, tags, subsystems, links, rows, shards.
// What follows "--" is given to git rev-list:
//
//	go run ./examples/quickstart -repo linux -- v6.1..v6.2 --no-merges --since=2023-01-01
//
// -mode chooses what the rows teach, -format how they are written.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/commitflow/commitflow/examples/internal/terminal"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

func main() { terminal.Main("quickstart", run) }

func run(ctx context.Context, args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	if c.clone != "" {
		if err := source.Clone(ctx, c.clone, c.repo, os.Stderr); err != nil {
			return err
		}
	}

	git := &source.Git{Repo: c.repo, Revisions: c.revisions, Workers: c.workers}
	maker, err := c.maker(ctx, git)
	if err != nil {
		return err
	}
	linker := &stage.ChainLinker{Messages: git}
	shards := &sink.JSONL[*dataset.Row]{Dir: c.out, Source: strings.Join(append([]string{c.repo}, c.revisions...), " ")}
	workers := stage.Workers(c.workers)

	options := []stage.Option{stage.OnError(stage.Skip), terminal.WithProgress(os.Stderr, "commits")}
	if c.checkpoint != "" {
		options = append(options, stage.WithCheckpoint(c.checkpoint, c.settings()))
	}
	var dropped dataset.DropList
	if c.dropped != "" {
		options = append(options, stage.WithDropped(dropped.Add))
	}
	p := stage.New("quickstart", options...)
	commits := c.known(stage.From(p, git, workers), git)
	scored := stage.Through(commits, score.Heuristic{}, workers)
	placed := stage.Through(scored, stage.Subsystems{}, workers)
	tagged := stage.Through(placed, stage.Classifier{}, workers)
	linked := stage.Through(tagged, linker, workers)
	kept := stage.Through(linked, c.filter.BeforePatches(), workers, stage.Named("filter"))
	parsed := stage.Through(kept, stage.DiffParser{Contents: true}, workers) // the costly part, so after the filter
	fitting := stage.Through(parsed, c.filter.AfterPatches(), workers, stage.Named("filter by patch"))
	examples := stage.Through(fitting, maker, workers)
	if c.limit > 0 {
		examples = stage.Limit(examples, c.limit)
	}
	rows := stage.Through(examples, dataset.Formatter{Format: c.format}, workers)
	stage.To(rows, shards, workers)

	report, err := p.Run(ctx)
	if err != nil {
		return err
	}
	if c.dropped != "" {
		if err := dropped.WriteFile(c.dropped); err != nil {
			return err
		}
	}
	fmt.Println(report)
	for _, count := range linker.Counts() {
		if count.Stated > 0 {
			fmt.Println(count)
		}
	}
	m := shards.Manifest()
	fmt.Printf("\n%d rows, %.1f MB (%.1f MB compressed), in %d shards: %s\nmanifest: %s/manifest.json\n",
		m.Rows, float64(m.Bytes)/1e6, float64(m.CompressedBytes)/1e6, len(m.Shards), c.out+"/data", c.out)
	return nil
}
