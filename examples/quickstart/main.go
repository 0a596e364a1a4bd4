// Quickstart reads the history of a git repository and writes a training set:
//
//	go run ./examples/quickstart -repo linux -out dataset
//
// It runs every stage: people, score, subsystems, tags, links, patches, rows,
// shards.
// What follows "--" is given to git rev-list:
//
//	go run ./examples/quickstart -repo linux -- v6.1..v6.2 --no-merges --since=2023-01-01
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/examples/internal/terminal"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

type config struct {
	repo, clone, out, rev, per         string
	checkpoint, vulns                  string
	tags, excludedTags, subsystems     string
	minQuality                         float64
	limit, workers                     int
	revisions                          []string
	rows                               stage.Per
	minStrength                        stage.Strength
	wanted, unwanted, wantedSubsystems []string
}

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

	classifier := stage.Classifier{}
	if c.vulns != "" {
		vulns, err := source.ReadVulns(ctx, c.vulns, "")
		if err != nil {
			return err
		}
		classifier.CVEs = vulns
	}

	git := &source.Git{Repo: c.repo, Revisions: c.revisions, Workers: c.workers}
	linker := &stage.ChainLinker{Messages: git}
	shards := &sink.JSONL[*stage.Example]{Dir: c.out, Source: strings.Join(append([]string{c.repo}, c.revisions...), " ")}
	workers := stage.Workers(c.workers)

	options := []stage.Option{stage.OnError(stage.Skip), terminal.WithProgress(os.Stderr, "commits")}
	if c.checkpoint != "" {
		options = append(options, stage.WithCheckpoint(c.checkpoint, c.settings()))
	}
	p := stage.New("quickstart", options...)
	commits := stage.From(p, git, workers)
	scored := stage.Through(commits, score.Heuristic{}, workers)
	named := stage.Through(scored, &stage.People{Mailmaps: git}, workers)
	placed := stage.Through(named, &stage.Maintainers{Mailmaps: git}, workers)
	known := stage.Through(placed, &stage.Authors{})
	judged := stage.Through(known, score.Expertise{}, workers)
	tagged := stage.Through(judged, classifier, workers)
	linked := stage.Through(tagged, linker, workers)
	kept := stage.Filter(linked, "quality", func(commit *stage.Commit) bool { return float64(commit.Quality.Score) >= c.minQuality })
	if len(c.wanted) > 0 {
		kept = stage.Filter(kept, "tags", func(commit *stage.Commit) bool {
			return slices.ContainsFunc(c.wanted, func(tag string) bool { return commit.HasTagOf(tag, c.minStrength) })
		})
	}
	if len(c.unwanted) > 0 {
		kept = stage.Filter(kept, "exclude-tags", func(commit *stage.Commit) bool { return !slices.ContainsFunc(c.unwanted, commit.HasTag) })
	}
	if len(c.wantedSubsystems) > 0 {
		kept = stage.Filter(kept, "subsystems", stage.InSubsystems(c.wantedSubsystems...))
	}
	parsed := stage.Through(kept, stage.DiffParser{Contents: true}, workers) // the costly part, so after the filters
	rows := stage.Through(parsed, stage.Dataset{Per: c.rows}, workers)
	if c.limit > 0 {
		rows = stage.Limit(rows, c.limit)
	}
	stage.To(rows, shards, workers)

	report, err := p.Run(ctx)
	if err != nil {
		return err
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

// settings are the flags that shape the rows, beyond what the stages know.
func (c *config) settings() map[string]string {
	return map[string]string{
		"-min-quality":  fmt.Sprint(c.minQuality),
		"-tags":         c.tags,
		"-exclude-tags": c.excludedTags,
		"-subsystems":   c.subsystems,
		"-min-strength": c.minStrength.String(),
		"-limit":        fmt.Sprint(c.limit),
	}
}

// parse reads the command line and checks it before any work is done.
func parse(args []string) (*config, error) {
	c := &config{}
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.StringVar(&c.repo, "repo", "", `directory of the repository (default "."; with -clone, where the clone goes)`)
	flags.StringVar(&c.clone, "clone", "", "URL of a repository to clone first, bare")
	flags.StringVar(&c.rev, "rev", "", "revision or range to read (default HEAD); arguments of git rev-list go after --")
	flags.StringVar(&c.out, "out", "dataset", "directory to write the training set to")
	flags.StringVar(&c.per, "per", "commit", "what one row is: commit or file")
	flags.Float64Var(&c.minQuality, "min-quality", 50, "lowest score of the commits to keep, 0 to 100")
	flags.StringVar(&c.tags, "tags", "", "keep commits with any of these tags (comma-separated)")
	flags.TextVar(&c.minStrength, "min-strength", stage.StrengthKeyword, "with -tags: who has to vouch for the tag at least: keyword, stable, syzbot or cve")
	flags.StringVar(&c.vulns, "vulns", "", "directory of a clone of the Linux kernel's vulns repository, for the tags' strength")
	flags.StringVar(&c.excludedTags, "exclude-tags", "", "leave out commits with any of these tags (comma-separated)")
	flags.StringVar(&c.subsystems, "subsystems", "", "keep commits to any of these subsystems, such as mm,kernel/sched, or to sections of MAINTAINERS (comma-separated)")
	flags.IntVar(&c.limit, "limit", 0, "number of rows after which to stop; 0 for all")
	flags.StringVar(&c.checkpoint, "checkpoint", "", "file that keeps the place of the run: the same command goes on there after an interruption, and adds what is new after the end")
	flags.IntVar(&c.workers, "workers", 0, "number of workers of each stage; 0 for one per CPU")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	return c, c.check(flags.Args())
}

func (c *config) check(revisions []string) error {
	switch {
	case c.repo == "" && c.clone != "":
		c.repo = source.CloneName(c.clone)
	case c.repo == "":
		c.repo = "."
	}
	switch c.per {
	case "commit":
		c.rows = stage.PerCommit
	case "file":
		c.rows = stage.PerFile
	default:
		return fmt.Errorf("-per %s: want commit or file", c.per)
	}
	if c.minQuality < 0 || c.minQuality > 100 {
		return fmt.Errorf("-min-quality %v: want a number from 0 to 100", c.minQuality)
	}
	if c.limit < 0 || c.workers < 0 {
		return fmt.Errorf("-limit %d, -workers %d: want numbers from 0", c.limit, c.workers)
	}
	c.revisions = append(strings.Fields(c.rev), revisions...)
	c.wanted, c.unwanted = terminal.List(c.tags), terminal.List(c.excludedTags)
	c.wantedSubsystems = terminal.List(c.subsystems)
	if c.minStrength > stage.StrengthKeyword && len(c.wanted) == 0 {
		return fmt.Errorf("-min-strength %v: say of which tags, as in -tags security", c.minStrength)
	}
	known := stage.Classifier{}.TagNames()
	for _, tag := range slices.Concat(c.wanted, c.unwanted) {
		if !slices.Contains(known, tag) {
			return fmt.Errorf("there is no tag %q: choose from %s", tag, strings.Join(known, ", "))
		}
	}
	return nil
}
