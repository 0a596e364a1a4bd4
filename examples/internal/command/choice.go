package command

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// Choice says which commits make rows, by the flags -min-quality, -tags,
// -min-strength, -exclude-tags and -subsystems.
type Choice struct {
	MinQuality                    float64
	Tags, ExcludeTags, Subsystems List
	MinStrength                   stage.Strength
}

// Flags adds the flags.
func (c *Choice) Flags(flags *flag.FlagSet) {
	flags.Float64Var(&c.MinQuality, "min-quality", 50, "lowest score of the commits to keep, 0 to 100")
	flags.Var(&c.Tags, "tags", "keep commits with any of these tags (comma-separated)")
	flags.TextVar(&c.MinStrength, "min-strength", stage.StrengthKeyword, "with -tags: who has to vouch for the tag at least: keyword, stable, syzbot or cve")
	flags.Var(&c.ExcludeTags, "exclude-tags", "leave out commits with any of these tags (comma-separated)")
	flags.Var(&c.Subsystems, "subsystems", "keep commits to any of these subsystems, such as mm,kernel/sched, or to sections of MAINTAINERS (comma-separated)")
}

// Check tells what is wrong with the flags' values.
func (c *Choice) Check() error {
	if !(c.MinQuality >= 0 && c.MinQuality <= 100) {
		return fmt.Errorf("-min-quality %v: want a number from 0 to 100", c.MinQuality)
	}
	if c.MinStrength > stage.StrengthKeyword && len(c.Tags) == 0 {
		return fmt.Errorf("-min-strength %v: say of which tags, as in -tags security", c.MinStrength)
	}
	known := stage.Classifier{}.TagNames()
	for _, tag := range slices.Concat(c.Tags, c.ExcludeTags) {
		if !slices.Contains(known, tag) {
			return fmt.Errorf("there is no tag %q: choose from %s", tag, strings.Join(known, ", "))
		}
	}
	return nil
}

// Keep is the choice as stages.
func (c *Choice) Keep(commits stage.Stream[*stage.Commit]) stage.Stream[*stage.Commit] {
	kept := stage.Filter(commits, "quality", func(commit *stage.Commit) bool { return float64(commit.Quality.Score) >= c.MinQuality })
	if len(c.Tags) > 0 {
		kept = stage.Filter(kept, "tags", func(commit *stage.Commit) bool {
			return slices.ContainsFunc(c.Tags, func(tag string) bool { return commit.HasTagOf(tag, c.MinStrength) })
		})
	}
	if len(c.ExcludeTags) > 0 {
		kept = stage.Filter(kept, "exclude-tags", func(commit *stage.Commit) bool { return !slices.ContainsFunc(c.ExcludeTags, commit.HasTag) })
	}
	if len(c.Subsystems) > 0 {
		kept = stage.Filter(kept, "subsystems", stage.InSubsystems(c.Subsystems...))
	}
	return kept
}
