package judge

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Budget is what a run may spend on a model; 0 is no limit. Before each request
// as much is set aside as it can cost at most: the longest answer allowed, and
// its prompt as counted by [Model.Count], or more once the server has counted
// more. So the run spends no more, unless the first answers show that Count
// counts too little and the budget is too small to make up for that.
type Budget struct {
	// Requests counts what is sent to the server, repetitions included.
	Requests int
	// Tokens are those of prompts and answers together.
	Tokens int
	// Money is in the currency of the prices.
	Money float64
}

// Price is what a million tokens cost, in any currency.
type Price struct{ Prompt, Answer float64 }

func (p Price) of(prompt, answer int) float64 {
	return (float64(prompt)*p.Prompt + float64(answer)*p.Answer) / 1e6
}

// ErrBudget tells that a model is not asked any more because its budget is used
// up.
var ErrBudget = errors.New("the budget is used up")

// spending is what requests have cost, or may.
type spending struct {
	requests, prompt, answer int
	money                    float64
}

func (s *spending) add(o spending) {
	s.requests += o.requests
	s.prompt += o.prompt
	s.answer += o.answer
	s.money += o.money
}

// ledger keeps to a budget.
type ledger struct {
	budget Budget
	price  Price

	mu    sync.Mutex
	spent spending
	held  spending // set aside for requests under way
	over  error
	// freed is closed when something that was set aside is not needed after all.
	freed chan struct{}
}

func newLedger(budget Budget, price Price) *ledger {
	return &ledger{budget: budget, price: price, freed: make(chan struct{})}
}

// hold sets aside what a request may cost. While other requests are under way
// that may leave something over, it waits for them; then it fails with
// [ErrBudget], and so does every later call.
func (l *ledger) hold(ctx context.Context, prompt, answer int) (spending, error) {
	want := spending{1, prompt, answer, l.price.of(prompt, answer)}
	for {
		l.mu.Lock()
		if l.over != nil {
			defer l.mu.Unlock()
			return spending{}, l.over
		}
		sum := l.spent
		sum.add(want)
		if what := l.exceeds(sum); what != "" {
			l.over = fmt.Errorf("%w: the next request may need more than %s", ErrBudget, what)
			defer l.mu.Unlock()
			return spending{}, l.over
		}
		sum.add(l.held)
		if l.exceeds(sum) == "" {
			l.held.add(want)
			l.mu.Unlock()
			return want, nil
		}
		freed := l.freed
		l.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return spending{}, context.Cause(ctx)
		}
	}
}

// exceeds tells which limit a sum is above.
func (l *ledger) exceeds(sum spending) string {
	switch b := l.budget; {
	case b.Requests > 0 && sum.requests > b.Requests:
		return fmt.Sprintf("the %d requests allowed", b.Requests)
	case b.Tokens > 0 && sum.prompt+sum.answer > b.Tokens:
		return fmt.Sprintf("the %d tokens allowed", b.Tokens)
	case b.Money > 0 && sum.money > b.Money:
		return fmt.Sprintf("the %v allowed", b.Money)
	}
	return ""
}

// settle puts what a request has cost in the place of what was set aside. A held
// request that was not sent has cost nothing.
func (l *ledger) settle(held spending, requests, prompt, answer int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held.add(spending{-held.requests, -held.prompt, -held.answer, -held.money})
	l.spent.add(spending{requests, prompt, answer, l.price.of(prompt, answer)})
	close(l.freed)
	l.freed = make(chan struct{})
}

// state gives what was spent, and why there is no more to spend.
func (l *ledger) state() (spending, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.spent, l.over
}
