package command

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// Choice says which commits make rows.
type Choice struct {
	dataset.Filter
	Scores

	licenses               List
	strength, since, until string
}

// Flags adds the flags.
func (c *Choice) Flags(flags *flag.FlagSet) {
	c.Scores.Flags(flags)
	flags.Float64Var(&c.MinQuality, "min-quality", 50, "lowest score of the commits to keep, 0 to 100")
	flags.Float64Var(&c.MaxQuality, "max-quality", 0, "highest score of the commits to keep; 0 for any")
	flags.Var((*List)(&c.Tags), "tags", "keep commits with any of these tags (comma-separated)")
	flags.Var((*List)(&c.ExcludeTags), "exclude-tags", "leave out commits with any of these tags (comma-separated)")
	flags.StringVar(&c.strength, "min-strength", stage.StrengthKeyword.String(), "who has to vouch for one of the -tags at least, or for any tag: keyword, stable, syzbot or cve")
	flags.Var((*List)(&c.Subsystems), "subsystems", "keep commits to any of these subsystems, such as mm,kernel/sched, or to sections of MAINTAINERS (comma-separated)")
	flags.Var((*List)(&c.Languages), "languages", "keep commits that change a file in any of these languages, such as c,devicetree (comma-separated)")
	flags.Var(&c.licenses, "licenses", `keep commits of whose files each has one of these SPDX licences (comma-separated; "none" for files that do not tell)`)
	flags.IntVar(&c.MinFiles, "min-files", 0, "least number of changed files")
	flags.IntVar(&c.MaxFiles, "max-files", 0, "largest number of changed files; 0 for any")
	flags.IntVar(&c.MinLines, "min-lines", 0, "least number of added and deleted lines")
	flags.IntVar(&c.MaxLines, "max-lines", 0, "largest number of added and deleted lines; 0 for any")
	flags.IntVar(&c.MinExperience, "min-experience", 0, "least number of earlier commits of the author")
	flags.BoolVar(&c.NoBots, "no-bots", false, "leave out commits made by programs")
	flags.BoolVar(&c.NoAssisted, "no-assisted", false, "leave out commits that programs have helped with, by their trailers")
	flags.BoolVar(&c.InEffect, "no-reverted", false, "leave out commits that were reverted in the end")
	flags.StringVar(&c.since, "since", "", "first day of the commits to keep, as 2023-01-31, in UTC")
	flags.StringVar(&c.until, "until", "", "day after the last one of the commits to keep, in UTC")
	flags.Float64Var(&c.Sample, "sample", 0, "share of the commits to keep, between 0 and 1, by their hashes: the same ones every time; 0 for all")
}

// Check tells what is wrong with the flags' values.
func (c *Choice) Check() (err error) {
	if err := c.Scores.Check(); err != nil {
		return err
	}
	c.Model, c.MinModelScore = c.Scores.model, c.Scores.min
	c.Licenses = nil
	for _, license := range c.licenses {
		if license == "none" {
			license = ""
		}
		c.Licenses = append(c.Licenses, license)
	}
	if err := c.MinStrength.UnmarshalText([]byte(c.strength)); err != nil {
		return fmt.Errorf("-min-strength: %w", err)
	}
	if c.Since, err = day("-since", c.since); err != nil {
		return err
	}
	if c.Until, err = day("-until", c.until); err != nil {
		return err
	}
	known := stage.Classifier{}.TagNames()
	for _, tag := range slices.Concat(c.Tags, c.ExcludeTags) {
		if !slices.Contains(known, tag) {
			return fmt.Errorf("there is no tag %q: choose from %s", tag, strings.Join(known, ", "))
		}
	}
	return c.Open(context.Background())
}

// Keep is the choice as stages for commits without patches, which it adds to those
// that are kept: making patches is the costly part of a run.
func (c *Choice) Keep(commits stage.Stream[*stage.Commit], workers stage.StageOption) stage.Stream[*stage.Commit] {
	kept := stage.Through(c.Scores.add(commits, workers), c.BeforePatches(), workers, stage.Named("filter"))
	parsed := stage.Through(kept, stage.DiffParser{Contents: true}, workers)
	return stage.Through(parsed, c.AfterPatches(), workers, stage.Named("filter by patch"))
}

// KeepPatched is the choice as a stage for commits that have their patches.
func (c *Choice) KeepPatched(commits stage.Stream[*stage.Commit], workers stage.StageOption) stage.Stream[*stage.Commit] {
	return stage.Through(c.Scores.add(commits, workers), &c.Filter, workers, stage.Named("filter"))
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
