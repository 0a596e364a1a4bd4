package dataset

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/commitflow/commitflow/stage"
)

// Filter leaves out the commits that a dataset should not be made of. Each field
// is a condition, and the zero value of it is none. A commit is dropped for the
// first that it does not meet, under the name given below in quotes.
//
// Most conditions ask for what a stage before has set; where that stage is missing
// its field is empty. Those on lines and licences need patches. As patches are the
// costly part of a run, [Filter.BeforePatches] and [Filter.AfterPatches] split a
// filter, so that most commits are left out before.
type Filter struct {
	NoMerges bool // "merge"
	// NoBots leaves out commits that programs have made, NoAssisted those that
	// programs have helped with; [stage.People] tells both. "bot", "machine-assisted"
	NoBots, NoAssisted bool
	// InEffect leaves out commits that were reverted in the end, as the
	// [stage.ChainLinker] tells. "reverted"
	InEffect bool
	// Since and Until bound the committer's date: from Since on, before Until. "date"
	Since, Until time.Time
	// MinQuality and MaxQuality bound the score, 0 to 100; a MaxQuality of 0 is none.
	// "quality"
	MinQuality, MaxQuality float64
	// MinModelScore is the least overall score, 1 to 5, that the model has given, and
	// commits that it has not judged do not have it; 0 asks for none. The lowest of all
	// models counts where Model is "". "model score"
	Model         string
	MinModelScore float64
	// Tags keeps commits with any of these tags, ExcludeTags leaves out those with any
	// of these. "tags", "excluded tags"
	Tags, ExcludeTags []string
	// MinStrength is the least strength of one of the Tags, or of any tag where there
	// are no Tags. "strength"
	MinStrength stage.Strength
	// Subsystems keeps commits to any of these, or what lies below. "subsystem"
	Subsystems []string
	// Languages keeps commits that change a file in any of these, see [Language].
	// "language"
	Languages []string
	// MinExperience is the least number of earlier commits of the author, as
	// [stage.Authors] counts. "experience"
	MinExperience int
	// MinFiles and MaxFiles bound the number of files, MinLines and MaxLines that of
	// lines, added and deleted ones together; a maximum of 0 is none. "files", "lines"
	MinFiles, MaxFiles, MinLines, MaxLines int
	// Licenses keeps commits of whose files each has one of these SPDX expressions; ""
	// is that of files that do not tell. "licence"
	Licenses []string
	// Sample keeps a share of the commits, see [stage.Hash.InSample]. 0 and 1 keep all.
	// "sample"
	Sample float64

	inSubsystems func(*stage.Commit) bool
}

var (
	_ stage.Processor[*stage.Commit, *stage.Commit] = (*Filter)(nil)
	_ stage.Opener                                  = (*Filter)(nil)
	_ stage.Configured                              = (*Filter)(nil)
)

// Open checks the conditions.
func (f *Filter) Open(context.Context) error {
	for _, c := range []struct {
		name     string
		min, max float64
	}{
		{"quality", f.MinQuality, f.MaxQuality},
		{"number of files", float64(f.MinFiles), float64(f.MaxFiles)},
		{"number of lines", float64(f.MinLines), float64(f.MaxLines)},
		{"author's experience", float64(f.MinExperience), 0},
	} {
		if c.min < 0 || c.max < 0 || c.max > 0 && c.min > c.max {
			return fmt.Errorf("filter: %s from %v to %v: want numbers from 0, the first not above the second", c.name, c.min, c.max)
		}
	}
	switch {
	case !(f.MinModelScore >= 0 && f.MinModelScore <= 5):
		return fmt.Errorf("filter: model score from %v: want a number up to 5", f.MinModelScore)
	case f.MinQuality > 100 || f.MaxQuality > 100:
		return fmt.Errorf("filter: quality from %v to %v: want numbers up to 100", f.MinQuality, f.MaxQuality)
	case f.Sample < 0 || f.Sample > 1:
		return fmt.Errorf("filter: a sample of %v: want a share from 0 to 1", f.Sample)
	case !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until):
		return fmt.Errorf("filter: since %v until %v: the first is not before the second", f.Since.Format(time.DateOnly), f.Until.Format(time.DateOnly))
	}
	for _, language := range f.Languages {
		if !slices.Contains(Languages(), language) {
			return fmt.Errorf("filter: there is no language %q: choose from %s", language, strings.Join(Languages(), ", "))
		}
	}
	f.inSubsystems = stage.InSubsystems(f.Subsystems...)
	return nil
}

// Process passes the commit on, or drops it for the first condition that it does
// not meet.
func (f *Filter) Process(_ context.Context, c *stage.Commit, emit func(*stage.Commit)) error {
	if reason := f.reason(c); reason != "" {
		return stage.Drop(reason)
	}
	emit(c)
	return nil
}

func (f *Filter) reason(c *stage.Commit) string {
	quality := float64(c.Quality.Score)
	switch {
	case f.NoMerges && c.IsMerge():
		return dropMerge
	case f.NoBots && c.Bot != "":
		return "bot"
	case f.NoAssisted && len(c.Assistance) > 0:
		return "machine-assisted"
	case f.InEffect && c.State == stage.Reverted:
		return "reverted"
	case !f.Since.IsZero() && c.Committer.Seconds < f.Since.Unix(), !f.Until.IsZero() && c.Committer.Seconds >= f.Until.Unix():
		return "date"
	case quality < f.MinQuality, f.MaxQuality > 0 && quality > f.MaxQuality:
		return "quality"
	case f.MinModelScore > 0 && !f.judged(c):
		return "model score"
	case len(f.Tags) > 0 && !slices.ContainsFunc(f.Tags, c.HasTag):
		return "tags"
	case slices.ContainsFunc(f.ExcludeTags, c.HasTag):
		return "excluded tags"
	case f.MinStrength > 0 && !f.strong(c):
		return "strength"
	case len(f.Subsystems) > 0 && !f.inSubsystems(c):
		return "subsystem"
	case len(f.Languages) > 0 && !f.speaks(c):
		return "language"
	case c.Experience.Commits < f.MinExperience:
		return "experience"
	case len(c.Files) < f.MinFiles, f.MaxFiles > 0 && len(c.Files) > f.MaxFiles:
		return "files"
	case f.needsLines() && !f.fits(c):
		return "lines"
	case len(f.Licenses) > 0 && !f.licensed(c):
		return "licence"
	case f.Sample > 0 && f.Sample < 1 && !c.Hash.InSample(f.Sample):
		return "sample"
	}
	return ""
}

func (f *Filter) judged(c *stage.Commit) bool {
	verdict := c.ModelScore(f.Model)
	return verdict != nil && float64(verdict.Overall) >= f.MinModelScore
}

func (f *Filter) strong(c *stage.Commit) bool {
	return slices.ContainsFunc(c.Tags, func(t stage.Tag) bool {
		return t.Strength >= f.MinStrength && (len(f.Tags) == 0 || slices.Contains(f.Tags, t.Name))
	})
}

func (f *Filter) speaks(c *stage.Commit) bool {
	for i := range c.Files {
		if slices.Contains(f.Languages, Language(c.Files[i].Path())) {
			return true
		}
	}
	return false
}

func (f *Filter) needsLines() bool { return f.MinLines > 0 || f.MaxLines > 0 }

func (f *Filter) fits(c *stage.Commit) bool {
	lines := 0
	for i := range c.Files {
		lines += c.Files[i].Added + c.Files[i].Deleted
	}
	return lines >= f.MinLines && (f.MaxLines == 0 || lines <= f.MaxLines)
}

func (f *Filter) licensed(c *stage.Commit) bool {
	for i := range c.Files {
		if !slices.ContainsFunc(f.Licenses, func(l string) bool { return strings.EqualFold(l, c.Files[i].License) }) {
			return false
		}
	}
	return true
}

// BeforePatches gives the conditions that need no patches.
func (f Filter) BeforePatches() *Filter {
	f.MinLines, f.MaxLines, f.Licenses = 0, 0, nil
	return &f
}

// AfterPatches gives the conditions that need patches.
func (f Filter) AfterPatches() *Filter {
	return &Filter{MinLines: f.MinLines, MaxLines: f.MaxLines, Licenses: f.Licenses}
}

// Configuration names what a checkpoint must not change under a run.
func (f *Filter) Configuration() map[string]string {
	return map[string]string{"conditions": f.String()}
}

// String tells the conditions that are set, in one line.
func (f *Filter) String() string {
	var set []string
	add := func(is bool, format string, values ...any) {
		if is {
			set = append(set, fmt.Sprintf(format, values...))
		}
	}
	add(f.NoMerges, "no merges")
	add(f.NoBots, "no bots")
	add(f.NoAssisted, "not machine-assisted")
	add(f.InEffect, "in effect")
	add(!f.Since.IsZero(), "since %s", f.Since.UTC().Format(time.RFC3339))
	add(!f.Until.IsZero(), "until %s", f.Until.UTC().Format(time.RFC3339))
	add(f.MinQuality > 0, "quality from %v", f.MinQuality)
	add(f.MaxQuality > 0, "quality to %v", f.MaxQuality)
	add(f.MinModelScore > 0, "score of model %q from %v", f.Model, f.MinModelScore)
	add(len(f.Tags) > 0, "tags %s", strings.Join(f.Tags, ","))
	add(len(f.ExcludeTags) > 0, "no tags %s", strings.Join(f.ExcludeTags, ","))
	add(f.MinStrength > 0, "strength from %v", f.MinStrength)
	add(len(f.Subsystems) > 0, "subsystems %s", strings.Join(f.Subsystems, ","))
	add(len(f.Languages) > 0, "languages %s", strings.Join(f.Languages, ","))
	add(f.MinExperience > 0, "experience from %d", f.MinExperience)
	add(f.MinFiles > 0, "files from %d", f.MinFiles)
	add(f.MaxFiles > 0, "files to %d", f.MaxFiles)
	add(f.MinLines > 0, "lines from %d", f.MinLines)
	add(f.MaxLines > 0, "lines to %d", f.MaxLines)
	add(len(f.Licenses) > 0, "licences %s", strings.Join(f.Licenses, ","))
	add(f.Sample > 0 && f.Sample < 1, "a sample of %v", f.Sample)
	if len(set) == 0 {
		return "none"
	}
	return strings.Join(set, "; ")
}
