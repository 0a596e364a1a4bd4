package judge

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace keeps requests within limits per minute, and away from a server that has
// asked for a rest.
type pace struct {
	requests, tokens *rate.Limiter // nil: no limit

	mu    sync.Mutex
	until time.Time
}

// newPace takes the limits per minute, where 0 is none, and the tokens that a
// request may take at most. Requests come evenly spaced. Tokens are counted out
// evenly too, and one request's worth of them may be saved up.
func newPace(requests, tokens, largest int) *pace {
	p := &pace{}
	if requests > 0 {
		p.requests = rate.NewLimiter(rate.Limit(float64(requests)/60), 1)
	}
	if tokens > 0 {
		p.tokens = rate.NewLimiter(rate.Limit(float64(tokens)/60), largest)
	}
	return p
}

// wait waits until a request with so many tokens may be sent.
func (p *pace) wait(ctx context.Context, tokens int) error {
	for {
		if err := p.rested(ctx); err != nil {
			return err
		}
		if p.tokens != nil {
			if err := p.tokens.WaitN(ctx, min(tokens, p.tokens.Burst())); err != nil {
				return err
			}
		}
		if p.requests != nil {
			if err := p.requests.Wait(ctx); err != nil {
				return err
			}
		}
		// If the server has asked for a rest meanwhile, the place in the queue is
		// lost: those who waited must not all come at the end of the rest.
		if p.resting() <= 0 {
			return nil
		}
	}
}

// rested waits until the server's rest is over.
func (p *pace) rested(ctx context.Context) error {
	for {
		left := p.resting()
		if left <= 0 {
			return ctx.Err()
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

func (p *pace) resting() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.until)
}

// took counts what a request has taken beyond what it waited for.
func (p *pace) took(more int) {
	if p.tokens != nil {
		for now := time.Now(); more > 0; more -= p.tokens.Burst() {
			p.tokens.ReserveN(now, min(more, p.tokens.Burst()))
		}
	}
}

// rest keeps all requests back for a time.
func (p *pace) rest(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.until) {
		p.until = until
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// The wait before a request is repeated: it doubles each time, from the first to
// the longest, and is drawn at random between half of that and all of it, so that
// requests which failed together do not come back together.
const (
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

func backoff(tries int) time.Duration {
	d := maxBackoff
	if tries < 6 {
		d = firstBackoff << tries
	}
	return d/2 + rand.N(d/2)
}

// retryAfter reads the header of that name: seconds or a date, RFC 9110, section
// 10.2.3. ok is false where there is none that can be read.
func retryAfter(header http.Header, now time.Time) (wait time.Duration, ok bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if !(seconds >= 0) {
			return 0, false
		}
		const longest = 365 * 24 * 3600
		return time.Duration(min(seconds, longest) * float64(time.Second)), true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, date.Sub(now)), true
}
