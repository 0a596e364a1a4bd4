package source

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// Selection chooses commits of a database; the zero value chooses all. A commit
// must fit every field that is set. The server does the work, so that what does
// not fit is not sent.
type Selection struct {
	// MinQuality is the least [stage.Quality.Score].
	MinQuality float32
	// Model names a model of the table model_scores; commits to which it has not
	// given an overall score of at least MinModelScore, from 1 to 5, by any
	// rubric, do not fit.
	Model         string
	MinModelScore float32
	// Tags lists tags of which a commit must have one, ExcludeTags those of
	// which it must have none.
	Tags, ExcludeTags []string
	// MinStrength is the least strength of one of the Tags, or of any tag where
	// there are no Tags.
	MinStrength stage.Strength
	// Subsystems lists subsystems of which a commit must touch one, or a part
	// of one: "net" includes "net/core". The case of letters does not count.
	Subsystems []string
	// MinLines and MaxLines bound the added and deleted lines together; a
	// MaxLines of 0 is no bound.
	MinLines, MaxLines int
	// NoMerges leaves commits with several parents out.
	NoMerges bool
	// Since and Until bound the committer's time: Since is included, Until is
	// not, and the zero Time is no bound.
	Since, Until time.Time
	// Sample is the share of the commits to take, between 0 and 1; 0 takes
	// all. A commit's hash decides, so the same ones are taken every time, and
	// a smaller sample is a part of a larger one.
	Sample float64
}

func (s *Selection) check() error {
	switch {
	case s.MinQuality < 0 || s.MinQuality > 100 || s.MinQuality != s.MinQuality:
		return fmt.Errorf("quality of %v: want 0 to 100", s.MinQuality)
	case s.MinModelScore < 0 || s.MinModelScore > 5 || s.MinModelScore != s.MinModelScore:
		return fmt.Errorf("model score of %v: want 0 to 5", s.MinModelScore)
	case s.MinModelScore != 0 && s.Model == "":
		return errors.New("a least model score without a model: name the model")
	case s.MinLines < 0 || s.MaxLines < 0 || s.MaxLines > 0 && s.MinLines > s.MaxLines:
		return fmt.Errorf("%d to %d changed lines: want positive numbers, the lower one first", s.MinLines, s.MaxLines)
	case s.Sample < 0 || s.Sample > 1 || math.IsNaN(s.Sample):
		return fmt.Errorf("a sample of %v: want a share between 0 and 1", s.Sample)
	case slices.Contains(s.Tags, "") || slices.Contains(s.ExcludeTags, "") || slices.Contains(s.Subsystems, ""):
		return errors.New("an empty tag or subsystem in the selection: leave it out")
	}
	return nil
}

// conditions gives what follows a WHERE on the table commits, and its
// arguments.
func (s *Selection) conditions(db schema.Database) (sql string, arguments []schema.Argument) {
	var and strings.Builder
	add := func(condition string, name string, value any) {
		and.WriteString(" AND " + condition)
		if name != "" {
			arguments = append(arguments, schema.Argument{Name: name, Value: value})
		}
	}
	// GLOBAL matters on clusters only: the inner query is run once.
	tagged := "(SELECT hash FROM " + db.Table("commit_tags") + " FINAL WHERE repo = {repo:String} AND "
	has := func(list string) string { return "has({" + list + ":Array(String)}, tag)" }
	if s.MinQuality > 0 {
		add("quality >= {min_quality:Float64}", "min_quality", float64(s.MinQuality))
	}
	if s.Model != "" {
		add("hash GLOBAL IN (SELECT hash FROM "+db.Table("model_scores")+" FINAL WHERE repo = {repo:String}"+
			" AND model = {model:String} AND score > 0 AND score >= {min_score:Float64})", "model", s.Model)
		arguments = append(arguments, schema.Argument{Name: "min_score", Value: float64(s.MinModelScore)})
	}
	if len(s.Tags) > 0 {
		add("hash GLOBAL IN "+tagged+has("tags")+")", "tags", s.Tags)
	}
	if s.MinStrength > stage.StrengthKeyword {
		strong := tagged + "strength >= {min_strength:UInt8}"
		if len(s.Tags) > 0 {
			strong += " AND " + has("tags")
		}
		add("hash GLOBAL IN "+strong+")", "min_strength", uint64(s.MinStrength))
	}
	if len(s.ExcludeTags) > 0 {
		add("hash GLOBAL NOT IN "+tagged+has("exclude_tags")+")", "exclude_tags", s.ExcludeTags)
	}
	if len(s.Subsystems) > 0 {
		lower := make([]string, len(s.Subsystems))
		for i, name := range s.Subsystems {
			lower[i] = strings.ToLower(strings.TrimRight(name, "/")) + "/"
		}
		add("arrayExists(s -> arrayExists(w -> startsWith(concat(lower(s), '/'), w), {subsystems:Array(String)}), subsystems)", "subsystems", lower)
	}
	if s.MinLines > 0 {
		add("added + deleted >= {min_lines:UInt64}", "min_lines", uint64(s.MinLines))
	}
	if s.MaxLines > 0 {
		add("added + deleted <= {max_lines:UInt64}", "max_lines", uint64(s.MaxLines))
	}
	if s.NoMerges {
		add("length(parents) < 2", "", nil)
	}
	if !s.Since.IsZero() {
		add("committer_seconds >= {since:Int64}", "since", s.Since.Unix())
	}
	if !s.Until.IsZero() {
		add("committer_seconds < {until:Int64}", "until", s.Until.Unix())
	}
	if s.Sample > 0 {
		add("reinterpretAsUInt32(substring(toString(hash), 1, 4)) < {sample:Float64}", "sample", s.Sample*(1<<32))
	}
	return and.String(), arguments
}
