// Package score tells how good an example a commit makes.
//
// [Heuristic] judges by what a reader of the commit can see: who vouches for
// it, whether it says why, how much it touches. Every point it gives or takes
// is listed in the commit, so that a score can be explained and a threshold
// chosen with open eyes.
//
// [Expertise] tells how well a commit's author knew the project.
//
// What language models think of commits is asked for by package score/judge, and
// kept here, in a [Store]; [Stored] adds what was kept to the commits. [Candidates]
// finds the commits that are worth the question, and [Agreement] tells how far to
// trust the answers.
package score

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// The rules of [Heuristic], by the names that stand in [stage.ScorePart] and
// that Weights takes, in the order in which they are tried.
const (
	RuleBase           = "base"            // +20: every commit
	RuleSignedOffBy    = "signed-off-by"   // +15: a Signed-off-by trailer
	RuleReviewedBy     = "reviewed-by"     // +20: a Reviewed-by trailer
	RuleAckedBy        = "acked-by"        // +10: an Acked-by trailer
	RuleFixes          = "fixes"           // +20: a Fixes trailer with a hash
	RuleLongMessage    = "long-message"    // +10: a message of more than 200 characters
	RuleRationale      = "rationale"       // +15: the body says why
	RuleFewFiles       = "few-files"       // +10: 1 to 5 files
	RuleManyFiles      = "many-files"      // −30: more than 20 files
	RuleTrivialSubject = "trivial-subject" // −50: the subject announces a trivial change
)

// Rule is a rule of the user's own.
type Rule struct {
	// Name stands in the commit's list of parts. It differs from the names of
	// all other rules.
	Name string
	// Points gives what the rule adds to the score, or takes from it; 0 if it
	// does not apply. It must not change the commit, and may be called
	// concurrently.
	Points func(*stage.Commit) float32
}

// Heuristic sets a commit's Quality from what is plain to see in it: its
// trailers, its message and the number of its files. The score is the sum of
// the points of all rules that apply, clamped to 0…100; the parts are listed in
// the rules' order, before clamping.
//
// Each rule counts once, however often it applies. What exactly the rules look
// at:
//
//   - Trailers are those in [stage.Commit.Trailers] that git takes for such (none
//     that is Loose), in any case and with a value; the same words elsewhere in the message do not count. A combined
//     trailer, such as Reviewed-and-tested-by, counts for each of its parts.
//   - A Fixes trailer counts if it names a commit: 5 to 40 hexadecimal digits,
//     perhaps after the word "commit". A link to a bug report does not count.
//   - Characters of the message are Unicode code points, of the whole message
//     with its trailers, without white space at both ends.
//   - The rationale is looked for in [stage.Commit.Prose]: not in the subject,
//     and not in the trailers.
//   - A subject that quotes another, as that of a revert does, is not judged by
//     the words it quotes.
//   - A commit without files, such as a merge, has neither few nor many.
//
// The zero Heuristic is ready for use. It is a [stage.Processor] and passes on
// every commit; with several workers it is safe for concurrent use, and takes
// a few microseconds a commit.
type Heuristic struct {
	// Weights changes the points of the rules it names, by the Rule constants;
	// a rule with 0 points is off.
	Weights map[string]float32
	// RationaleWords are the words and phrases that tell of a reason; nil
	// stands for [DefaultRationaleWords].
	RationaleWords *Words
	// TrivialWords are the words and phrases of subjects that announce a
	// trivial change; nil stands for [DefaultTrivialWords].
	TrivialWords *Words
	// Rules are tried after the rules above, in this order.
	Rules []Rule
}

var (
	_ stage.Processor[*stage.Commit, *stage.Commit] = Heuristic{}
	_ stage.Opener                                  = Heuristic{}
)

// Open checks the settings. Its error names all that is wrong with them.
func (h Heuristic) Open(context.Context) error {
	var wrong []error
	taken := make(map[string]bool)
	for _, rule := range builtIn {
		taken[rule.name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(h.Weights)) {
		points := h.Weights[name]
		switch {
		case !taken[name]:
			wrong = append(wrong, fmt.Errorf("weight of %q: no such rule; the Rule constants name them", name))
		case !finite(points):
			wrong = append(wrong, fmt.Errorf("weight of %q: want a number, not %v", name, points))
		}
	}
	wrong = append(wrong, h.RationaleWords.check("rationale words"), h.TrivialWords.check("trivial words"))
	for i, rule := range h.Rules {
		switch {
		case rule.Name == "":
			wrong = append(wrong, fmt.Errorf("rule %d of yours: give it a name", i+1))
		case taken[rule.Name]:
			wrong = append(wrong, fmt.Errorf("rule %q: give it another name, this one is taken", rule.Name))
		case rule.Points == nil:
			wrong = append(wrong, fmt.Errorf("rule %q: give it a function", rule.Name))
		}
		taken[rule.Name] = true
	}
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("heuristic score: %w", err)
	}
	return nil
}

// Configuration names what a checkpoint must not change under a run. Rules of
// the user's own are known by their names.
func (h Heuristic) Configuration() map[string]string {
	var names []string
	for _, rule := range h.Rules {
		names = append(names, rule.Name)
	}
	words := sha256.Sum256(fmt.Appendf(nil, "%+v %+v", h.RationaleWords, h.TrivialWords))
	return map[string]string{
		"weights": fmt.Sprint(h.Weights),
		"words":   hex.EncodeToString(words[:]),
		"rules":   strings.Join(names, ", "),
	}
}

// Process sets c.Quality and passes c on. It fails only if a rule of the user's
// own gives points that are no number.
func (h Heuristic) Process(_ context.Context, c *stage.Commit, emit func(*stage.Commit)) error {
	quality, err := h.judge(c)
	if err != nil {
		return err
	}
	c.Quality = quality
	emit(c)
	return nil
}

func (h Heuristic) judge(c *stage.Commit) (stage.Quality, error) {
	parts := make([]stage.ScorePart, 0, len(builtIn)+len(h.Rules))
	sum := float32(0)
	for _, rule := range builtIn {
		points := rule.points
		if weight, changed := h.Weights[rule.name]; changed {
			points = weight
		}
		if points != 0 && rule.applies(h, c) {
			parts = append(parts, stage.ScorePart{Rule: rule.name, Points: points})
			sum += points
		}
	}
	for _, rule := range h.Rules {
		points := rule.Points(c)
		if !finite(points) {
			return stage.Quality{}, fmt.Errorf("commit %v: rule %q gives %v points", c.Hash, rule.Name, points)
		}
		if points != 0 {
			parts = append(parts, stage.ScorePart{Rule: rule.Name, Points: points})
			sum += points
		}
	}
	return stage.Quality{Score: min(max(sum, 0), 100), Parts: parts}, nil
}

func finite(points float32) bool {
	return !math.IsNaN(float64(points)) && !math.IsInf(float64(points), 0)
}
