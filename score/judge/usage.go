package judge

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Usage tells what a run has asked a model, and what that has cost.
type Usage struct {
	Model, Rubric string
	// Scored and Failed count the commits that this run has asked about, by their
	// outcome. Stored are those whose judgment an earlier run has left. Skipped
	// were not to be asked about: no patch, or not wanted by Only. Left are those
	// that came when the budget was used up.
	Scored, Failed, Stored, Skipped, Left int
	// Failures counts the failed ones by reason; the most frequent ones are kept
	// apart, and the others together.
	Failures map[string]int
	// Requests counts all that were sent. Retries are repetitions after a failure
	// of the server, AskedAgain those after an answer that could not be used.
	Requests, Retries, AskedAgain int
	// PromptTokens and AnswerTokens are by the server's count, and by an estimate
	// where it does not count.
	PromptTokens, AnswerTokens int
	// Cost is in the currency of the prices.
	Cost float64
	// Concessions are what the server could not do, so that it was asked in
	// another way.
	Concessions []string
}

// counters are what a run counts.
type counters struct {
	scored, stored, skipped, left atomic.Int64
	requests, retries, askedAgain atomic.Int64

	mu       sync.Mutex
	failed   int
	failures map[string]int
	// most is the highest ratio of the server's count of a prompt's tokens to
	// ours; 0 as long as ours is enough.
	most float64
}

// maxCorrection is the highest ratio that is believed.
const maxCorrection = 10

// correct learns from the server's count of a prompt's tokens.
func (c *counters) correct(ours, servers int) {
	ratio := float64(servers) / float64(max(ours, 1))
	c.mu.Lock()
	defer c.mu.Unlock()
	if ratio > 1 {
		c.most = max(c.most, min(ratio, maxCorrection))
	}
}

// corrected gives a count of tokens that, after what the server has counted so
// far, is not too low: limits and budgets are kept with it.
func (c *counters) corrected(tokens int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(math.Ceil(float64(tokens) * max(1, c.most)))
}

// maxReasons bounds the reasons for failures that are told apart.
const maxReasons = 20

const otherReasons = "other reasons"

func (c *counters) fail(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed++
	if c.failures == nil {
		c.failures = make(map[string]int)
	}
	if _, known := c.failures[reason]; !known && len(c.failures) >= maxReasons {
		reason = otherReasons
	}
	c.failures[reason]++
}

// Usage tells of the run under way, or of the last one. It may be called at any
// time between and after Open and Close.
func (m *Model) Usage() Usage {
	r := m.last
	if r == nil {
		return Usage{Model: m.Name, Rubric: m.Rubric.ID()}
	}
	spent, _ := r.ledger.state()
	r.usage.mu.Lock()
	failed, failures := r.usage.failed, maps.Clone(r.usage.failures)
	r.usage.mu.Unlock()
	return Usage{
		Model: m.Name, Rubric: r.rubric.id,
		Scored: int(r.usage.scored.Load()), Failed: failed, Failures: failures,
		Stored: int(r.usage.stored.Load()), Skipped: int(r.usage.skipped.Load()), Left: int(r.usage.left.Load()),
		Requests: int(r.usage.requests.Load()), Retries: int(r.usage.retries.Load()), AskedAgain: int(r.usage.askedAgain.Load()),
		PromptTokens: spent.prompt, AnswerTokens: spent.answer, Cost: spent.money,
		Concessions: r.chat.dialect.concessions(),
	}
}

// String tells it for people, in some lines.
func (u Usage) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "model %s, rubric %s: %d scored, %d failed, %d from the store, %d not asked about",
		u.Model, u.Rubric, u.Scored, u.Failed, u.Stored, u.Skipped)
	if u.Left > 0 {
		fmt.Fprintf(&out, ", %d left for want of budget", u.Left)
	}
	fmt.Fprintf(&out, "\n  %d requests (%d repeated, %d asked again), %d + %d tokens", u.Requests, u.Retries, u.AskedAgain, u.PromptTokens, u.AnswerTokens)
	if u.Cost > 0 {
		fmt.Fprintf(&out, ", cost %.4f", u.Cost)
	}
	for _, concession := range u.Concessions {
		out.WriteString("\n  the server: " + concession)
	}
	reasons := slices.SortedFunc(maps.Keys(u.Failures), func(a, b string) int {
		if u.Failures[a] != u.Failures[b] {
			return u.Failures[b] - u.Failures[a]
		}
		return strings.Compare(a, b)
	})
	for _, reason := range reasons {
		fmt.Fprintf(&out, "\n  failed %d times: %s", u.Failures[reason], reason)
	}
	return out.String()
}
