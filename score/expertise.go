package score

import (
	"context"
	"math"

	"github.com/commitflow/commitflow/stage"
)

// The rules of an [Expertise], as they stand in its parts.
const (
	RuleCommits    = "commits"    // min(50, 20·log10(n+1)) for n earlier commits
	RuleYears      = "years"      // min(30, 3·y) for y years since the first one
	RuleMaintainer = "maintainer" // 20 for a maintainer of what the commit touches
)

// Expertise sets a commit's Expertise: how well its author knew the project when
// making it, between 0 and 100. It is the sum of
//
//	min(50, 20·log10(n+1))   n earlier commits
//	min(30, 3·y)             y years since the first of them
//	20                       if a section of MAINTAINERS that the commit touches
//	                         names the author as a maintainer
//
// so that 316 commits and ten years give all but the last. It goes by what
// [stage.Authors] and [stage.Subsystems] have found out as of the commit, and
// knows nobody by name. A program that writes commits has none.
//
// The zero Expertise is ready. Process is safe for concurrent use.
type Expertise struct{}

var _ stage.Processor[*stage.Commit, *stage.Commit] = Expertise{}

// Process sets the commit's Expertise. Rules that give nothing have no part.
func (Expertise) Process(_ context.Context, c *stage.Commit, emit func(*stage.Commit)) error {
	c.Expertise = expertise(c)
	emit(c)
	return nil
}

func expertise(c *stage.Commit) (q stage.Quality) {
	if c.Bot != "" {
		return q
	}
	give := func(rule string, points float64) {
		if points > 0 {
			if q.Parts == nil {
				q.Parts = make([]stage.ScorePart, 0, 3)
			}
			q.Parts = append(q.Parts, stage.ScorePart{Rule: rule, Points: float32(points)})
			q.Score += float32(points)
		}
	}
	give(RuleCommits, min(50, 20*math.Log10(float64(c.Experience.Commits)+1)))
	give(RuleYears, min(30, 3*float64(c.Experience.Years)))
	if len(c.Maintains) > 0 {
		give(RuleMaintainer, 20)
	}
	return q
}
