package dataset

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// The tiers, from the best.
const (
	TierPremium  = "premium"  // a score of at least 90 of 100
	TierHigh     = "high"     // 70
	TierStandard = "standard" // 50
)

// TierNames lists the tiers, from the best.
func TierNames() []string { return []string{TierPremium, TierHigh, TierStandard} }

// tierFrom are the lowest scores of the tiers, in the order of TierNames.
var tierFrom = []float32{90, 70, 50}

const dropTier = "below all tiers"

// TierScore is what tiers go by.
type TierScore string

// The scores.
const (
	// ByQuality is the heuristic score, [stage.Commit.Quality].
	ByQuality TierScore = "quality"
	// ByModel is what a language model says, where one has judged the commit, else the
	// heuristic score: a verdict takes the place of the heuristic, it is not averaged
	// with it. Its 1 to 5 count as 0, 25, 50, 75 and 100, so that premium are those
	// judged 5, high 4, and standard 3.
	ByModel TierScore = "model"
)

// Tiers puts each example into the tier of its score, and drops those below all tiers
// ("below all tiers"). It keeps nothing, is cheap, and may run on any number of workers.
type Tiers struct {
	// Score is ByQuality where empty.
	Score TierScore
	// Model names the model whose verdicts count; "" takes the lowest of all, see
	// [stage.Commit.ModelScore].
	Model string
	// Columns gives the rows the columns of TierDetails.
	Columns bool
}

// TierDetails are the columns of rows that tell their tier.
type TierDetails struct {
	Tier string `json:"tier"`
	// TierScore is what the tier follows from, 0 to 100.
	TierScore float32 `json:"tier_score"`
	// TierModel is the model that has judged; "" for the heuristic score.
	TierModel string `json:"tier_model"`
	// TierReason is what the model gave as its reason, or the rules of the heuristic
	// with the points that they gave or took.
	TierReason string `json:"tier_reason"`
}

var (
	_ stage.Processor[*Example, *Example] = Tiers{}
	_ stage.Opener                        = Tiers{}
	_ stage.Configured                    = Tiers{}
)

// Open checks the settings.
func (t Tiers) Open(context.Context) error {
	if scores := []TierScore{"", ByQuality, ByModel}; !slices.Contains(scores, t.Score) {
		return fmt.Errorf("tiers: there is no score %q: choose from %s", t.Score, join(scores[1:]))
	}
	return nil
}

// Configuration names what a checkpoint must not change under a run.
func (t Tiers) Configuration() map[string]string {
	score := t.Score
	if score == "" {
		score = ByQuality
	}
	return map[string]string{"score": string(score), "model": t.Model, "columns": fmt.Sprint(t.Columns)}
}

// Process passes the example on in its tier, or drops it.
func (t Tiers) Process(_ context.Context, e *Example, emit func(*Example)) error {
	d := TierDetails{TierScore: e.Quality}
	var verdict *stage.ModelScore
	if t.Score == ByModel {
		c := stage.Commit{ModelScores: e.modelScores}
		verdict = c.ModelScore(t.Model)
	}
	if verdict != nil && verdict.Overall > 0 {
		const best, worst = 5, 1
		d.TierScore = float32(verdict.Overall-worst) * 100 / (best - worst)
		d.TierModel, d.TierReason = e.valid(verdict.Model), e.valid(verdict.Reason)
	}
	for i, from := range tierFrom {
		if d.TierScore >= from {
			d.Tier = TierNames()[i]
			break
		}
	}
	if d.Tier == "" {
		return stage.Drop(dropTier)
	}
	e.Tier = d.Tier
	if t.Columns {
		if d.TierModel == "" {
			d.TierReason = reasonOfParts(e.qualityParts)
		}
		e.tierDetails = &d
	}
	emit(e)
	return nil
}

// reasonOfParts writes the rules with their points: "fixes trailer +10, no body -5".
func reasonOfParts(parts []stage.ScorePart) string {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = fmt.Sprintf("%s %+g", part.Rule, part.Points)
	}
	return strings.Join(texts, ", ")
}
