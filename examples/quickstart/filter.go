package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/commitflow/commitflow/examples/internal/terminal"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// filterFlags declares the flags that say which commits to keep; the function that
// it gives reads them once they are parsed, and checks them.
func filterFlags(flags *flag.FlagSet, f *dataset.Filter) func() error {
	flags.Float64Var(&f.MinQuality, "min-quality", 50, "lowest score of the commits to keep, 0 to 100")
	flags.Float64Var(&f.MaxQuality, "max-quality", 0, "highest score of the commits to keep; 0 for any")
	tags := flags.String("tags", "", "keep commits with any of these tags (comma-separated)")
	excluded := flags.String("exclude-tags", "", "leave out commits with any of these tags (comma-separated)")
	strength := flags.String("strength", "", "least strength of the tags to keep: keyword, stable, syzbot or cve")
	subsystems := flags.String("subsystems", "", "keep commits to any of these subsystems, such as mm,kernel/sched (comma-separated)")
	languages := flags.String("languages", "", "keep commits that change a file in any of these languages, such as c,devicetree (comma-separated)")
	licenses := flags.String("licenses", "", `keep commits of whose files each has one of these SPDX licences (comma-separated; "none" for files that do not tell)`)
	flags.IntVar(&f.MinFiles, "min-files", 0, "least number of changed files")
	flags.IntVar(&f.MaxFiles, "max-files", 0, "largest number of changed files; 0 for any")
	flags.IntVar(&f.MinLines, "min-lines", 0, "least number of added and deleted lines")
	flags.IntVar(&f.MaxLines, "max-lines", 0, "largest number of added and deleted lines; 0 for any")
	flags.IntVar(&f.MinExperience, "min-experience", 0, "least number of earlier commits of the author")
	flags.BoolVar(&f.NoBots, "no-bots", false, "leave out commits made by programs")
	flags.BoolVar(&f.NoAssisted, "no-assisted", false, "leave out commits that programs have helped with, by their trailers")
	flags.BoolVar(&f.InEffect, "no-reverted", false, "leave out commits that were reverted in the end")
	since := flags.String("since", "", "keep commits from this day on (2020-12-31)")
	until := flags.String("until", "", "keep commits before this day")
	flags.Float64Var(&f.Sample, "sample", 1, "share of the commits to keep, chosen by their hashes, 0 to 1")
	return func() (err error) {
		f.Tags, f.ExcludeTags = terminal.List(*tags), terminal.List(*excluded)
		f.Subsystems, f.Languages = terminal.List(*subsystems), terminal.List(*languages)
		for _, license := range strings.Split(*licenses, ",") {
			switch license = strings.TrimSpace(license); license {
			case "":
			case "none":
				f.Licenses = append(f.Licenses, "")
			default:
				f.Licenses = append(f.Licenses, license)
			}
		}
		if *strength != "" {
			if err := f.MinStrength.UnmarshalText([]byte(*strength)); err != nil {
				return fmt.Errorf("-strength: %w", err)
			}
		}
		if f.Since, err = day(*since); err != nil {
			return fmt.Errorf("-since: %w", err)
		}
		if f.Until, err = day(*until); err != nil {
			return fmt.Errorf("-until: %w", err)
		}
		known := stage.Classifier{}.TagNames()
		for _, tag := range slices.Concat(f.Tags, f.ExcludeTags) {
			if !slices.Contains(known, tag) {
				return fmt.Errorf("there is no tag %q: choose from %s", tag, strings.Join(known, ", "))
			}
		}
		return f.Open(context.Background())
	}
}

// day reads a date; "" is none.
func day(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("%q is no day: write it as 2020-12-31", text)
	}
	return t, nil
}

// known adds the stages that tell what only some conditions ask for.
func (c *config) known(commits stage.Stream[*stage.Commit], git *source.Git) stage.Stream[*stage.Commit] {
	if c.filter.NoBots || c.filter.NoAssisted || c.filter.MinExperience > 0 {
		commits = stage.Through(commits, &stage.People{Mailmaps: git}, stage.Workers(c.workers))
	}
	if c.filter.MinExperience > 0 {
		commits = stage.Through(commits, &stage.Authors{})
	}
	return commits
}
