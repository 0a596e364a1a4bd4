package score

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/commitflow/commitflow/stage"
)

// Agreement measures how far models agree with each other, and with the
// heuristic score, on the commits that pass through it. It counts the overall
// scores of every pair of raters that have both judged a commit, and takes
// memory for each pair of scores that occurs, not for each commit.
//
// It is a [stage.Processor], used by pointer and safe for concurrent use, and
// passes on every commit. Where commits have scores of one model by several
// rubrics, each is a rater of its own.
type Agreement struct {
	mu     sync.Mutex
	raters []string
	counts map[raterPair]map[scorePair]int
}

var _ stage.Processor[*stage.Commit, *stage.Commit] = (*Agreement)(nil)

type raterPair struct{ a, b int } // of raters, a < b
type scorePair struct{ a, b float32 }

// heuristicRater is the name of the heuristic score among the raters.
const heuristicRater = "heuristic"

// PairAgreement is how far two raters agree.
type PairAgreement struct {
	// A and B are models, each with its rubric, or the heuristic.
	A, B string
	// Commits counts those that both have judged.
	Commits int
	// Kappa is Cohen's weighted kappa with quadratic weights (Cohen 1968): 1 is
	// full agreement, 0 what chance would give. The heuristic score takes part by
	// fifths: below 20 is 1, below 40 is 2, and so on.
	Kappa float64
	// Spearman is Spearman's rank correlation, with the mean rank for equal
	// scores: from -1 to 1. Both are NaN where they are not defined, as when all
	// scores are equal.
	Spearman float64
}

// Process counts the scores of a commit.
func (a *Agreement) Process(_ context.Context, c *stage.Commit, emit func(*stage.Commit)) error {
	a.count(c)
	emit(c)
	return nil
}

func (a *Agreement) count(c *stage.Commit) {
	a.mu.Lock()
	defer a.mu.Unlock()
	type rating struct {
		rater int
		score float32
	}
	var ratings []rating
	for i := range c.ModelScores {
		if s := &c.ModelScores[i]; s.Failure == "" && 1 <= s.Overall && s.Overall <= categories {
			ratings = append(ratings, rating{a.rater(s.Model + " by " + s.Rubric), float32(s.Overall)})
		}
	}
	if len(ratings) == 0 {
		return
	}
	if len(c.Quality.Parts) > 0 { // a scorer has been here
		ratings = append(ratings, rating{a.rater(heuristicRater), c.Quality.Score})
	}
	slices.SortFunc(ratings, func(x, y rating) int { return cmp.Compare(x.rater, y.rater) })
	for i, x := range ratings {
		for _, y := range ratings[i+1:] {
			pair := raterPair{x.rater, y.rater}
			if a.counts == nil {
				a.counts = make(map[raterPair]map[scorePair]int)
			}
			if a.counts[pair] == nil {
				a.counts[pair] = make(map[scorePair]int)
			}
			a.counts[pair][scorePair{x.score, y.score}]++
		}
	}
}

// rater gives the number of a rater.
func (a *Agreement) rater(name string) int {
	if i := slices.Index(a.raters, name); i >= 0 {
		return i
	}
	a.raters = append(a.raters, name)
	return len(a.raters) - 1
}

// Pairs gives the agreement of all pairs that have judged a common commit, in
// the order of their names, the heuristic last.
func (a *Agreement) Pairs() []PairAgreement {
	a.mu.Lock()
	defer a.mu.Unlock()
	var pairs []PairAgreement
	for who, counts := range a.counts {
		first, second := a.raters[who.a], a.raters[who.b]
		table := make([]weighted, 0, len(counts))
		for scores, n := range counts {
			x, y := float64(scores.a), float64(scores.b)
			if raterLess(second, first) {
				x, y = y, x
			}
			table = append(table, weighted{x, y, n})
		}
		if raterLess(second, first) {
			first, second = second, first
		}
		pair := PairAgreement{A: first, B: second, Spearman: spearman(table)}
		for i := range table {
			pair.Commits += table[i].n
			if second == heuristicRater {
				table[i].y = fifth(table[i].y)
			}
		}
		pair.Kappa = quadraticKappa(table)
		pairs = append(pairs, pair)
	}
	slices.SortFunc(pairs, func(x, y PairAgreement) int {
		return cmp.Or(raterOrder(x.A, y.A), raterOrder(x.B, y.B))
	})
	return pairs
}

func raterOrder(a, b string) int {
	if (a == heuristicRater) != (b == heuristicRater) {
		if a == heuristicRater {
			return 1
		}
		return -1
	}
	return cmp.Compare(a, b)
}

func raterLess(a, b string) bool { return raterOrder(a, b) < 0 }

// fifth puts a heuristic score on the scale of models.
func fifth(quality float64) float64 {
	return 1 + math.Floor(min(max(quality, 0), 99)/20)
}

// String gives a line for each pair.
func (a *Agreement) String() string {
	var lines []string
	for _, p := range a.Pairs() {
		lines = append(lines, fmt.Sprintf("agreement of %s and %s on %d commits: weighted kappa %s, rank correlation %s",
			p.A, p.B, p.Commits, coefficient(p.Kappa), coefficient(p.Spearman)))
	}
	return strings.Join(lines, "\n")
}

// coefficient writes a number from -1 to 1 for people.
func coefficient(x float64) string {
	if math.IsNaN(x) {
		return "not defined (the scores are all equal)"
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}

// weighted is a pair of scores that occurs n times.
type weighted struct {
	x, y float64
	n    int
}

// categories is the number of scores that a model can give.
const categories = 5

// quadraticKappa takes scores from 1 to 5.
func quadraticKappa(table []weighted) float64 {
	var xs, ys [categories]float64
	total, observed, expected := 0.0, 0.0, 0.0
	for _, w := range table {
		n := float64(w.n)
		xs[int(w.x)-1] += n
		ys[int(w.y)-1] += n
		total += n
		observed += n * (w.x - w.y) * (w.x - w.y)
	}
	for i, x := range xs {
		for j, y := range ys {
			expected += x * y / total * float64((i-j)*(i-j))
		}
	}
	if expected == 0 {
		return math.NaN()
	}
	return 1 - observed/expected
}

// spearman is Pearson's correlation of the ranks.
func spearman(table []weighted) float64 {
	table = slices.Clone(table)
	total := 0
	for _, w := range table {
		total += w.n
	}
	rank(table, func(w *weighted) *float64 { return &w.x })
	rank(table, func(w *weighted) *float64 { return &w.y })
	mean := float64(total+1) / 2
	var xx, yy, xy float64
	for _, w := range table {
		x, y, n := w.x-mean, w.y-mean, float64(w.n)
		xx += n * x * x
		yy += n * y * y
		xy += n * x * y
	}
	if xx == 0 || yy == 0 {
		return math.NaN()
	}
	return xy / math.Sqrt(xx*yy)
}

// rank puts the ranks from 1 in the place of one of the scores, and the mean rank
// where scores are equal.
func rank(table []weighted, score func(*weighted) *float64) {
	slices.SortFunc(table, func(a, b weighted) int { return cmp.Compare(*score(&a), *score(&b)) })
	below := 0
	for i := 0; i < len(table); {
		j, n := i, 0
		for value := *score(&table[i]); j < len(table) && *score(&table[j]) == value; j++ {
			n += table[j].n
		}
		for ; i < j; i++ {
			*score(&table[i]) = float64(below) + float64(n+1)/2
		}
		below += n
	}
}
