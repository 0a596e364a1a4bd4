package judge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/stage"
)

// transport answers in the process, so that tests in a synctest bubble, whose
// clock stands still, need no sockets.
type transport func(*http.Request) (status int, header http.Header, body string)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	status, header, body := f(r)
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r, ContentLength: -1}, nil
}

// goodAnswer fits DefaultRubric; it costs the given tokens.
func goodAnswer(prompt, answer int) string {
	text := "{"
	for _, c := range DefaultRubric.Criteria() {
		text += fmt.Sprintf(`\"%s\": {\"reason\": \"r\", \"score\": 3}, `, c.Name)
	}
	return fmt.Sprintf(`{"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "%s\"overall\": {\"reason\": \"r\", \"score\": 3}}"}}], "usage": {"prompt_tokens": %d, "completion_tokens": %d}}`,
		text, prompt, answer)
}

func smallCommit(n int) *stage.Commit {
	c := &stage.Commit{Hash: stage.Hash{byte(n >> 8), byte(n)}}
	c.SetMessage(fmt.Sprintf("change %d\n", n))
	c.Files = []stage.FileChange{{Kind: stage.Added, NewPath: "a", Patch: "diff --git a/a b/a\n@@ -0,0 +1 @@\n+a\n",
		Hunks: []stage.Hunk{{NewStart: 1, NewLines: 1, Text: "+a\n"}}}}
	return c
}

// askAll asks about n commits with so many workers, and gives the first error.
func askAll(ctx context.Context, m *Model, n, workers int) (first error) {
	if err := m.Open(ctx); err != nil {
		return err
	}
	defer m.Close()
	var all sync.WaitGroup
	var mu sync.Mutex
	next := make(chan int)
	for range workers {
		all.Go(func() {
			for i := range next {
				if err := m.Process(ctx, smallCommit(i), func(*stage.Commit) {}); err != nil {
					mu.Lock()
					first = err
					mu.Unlock()
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
	return first
}

func inProcess(f transport) *Model {
	return &Model{Endpoint: "http://model/v1", Name: "judge", Client: &http.Client{Transport: f}}
}

func TestRequestsPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var sent []time.Time
		m := inProcess(func(*http.Request) (int, http.Header, string) {
			mu.Lock()
			sent = append(sent, time.Now())
			mu.Unlock()
			time.Sleep(3 * time.Second) // several are under way
			return 200, nil, goodAnswer(100, 10)
		})
		m.RequestsPerMinute = 60
		require.NoError(t, askAll(t.Context(), m, 100, 16))
		require.Len(t, sent, 100)
		for i := 1; i < len(sent); i++ {
			assert.GreaterOrEqual(t, sent[i].Sub(sent[i-1]), time.Second-time.Microsecond)
		}
		assert.InDelta(t, 99, sent[99].Sub(sent[0]).Seconds(), 0.1, "and no slower than allowed")
	})
}

func TestTokensPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		tokens := 0
		m := inProcess(func(*http.Request) (int, http.Header, string) {
			mu.Lock()
			defer mu.Unlock()
			tokens += 3000
			return 200, nil, goodAnswer(2000, 1000)
		})
		m.TokensPerMinute = 12_000
		began := time.Now()
		require.NoError(t, askAll(t.Context(), m, 40, 8))
		minutes := time.Since(began).Minutes()
		assert.LessOrEqual(t, float64(tokens), 12_000*minutes+float64(m.largestRequest())+8*3000, "and what is under way")
		assert.Less(t, minutes, 12.0, "120,000 tokens take ten minutes")
	})
}

// While the server has asked for a rest nobody asks it, and afterwards requests
// do not all come at once.
func TestRetryAfterHoldsAllRequestsBack(t *testing.T) {
	for name, header := range map[string]func() string{
		"seconds": func() string { return "30" },
		"a date":  func() string { return time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var sent []time.Time
				m := inProcess(func(*http.Request) (int, http.Header, string) {
					mu.Lock()
					defer mu.Unlock()
					sent = append(sent, time.Now())
					if len(sent) == 3 {
						return 429, http.Header{"Retry-After": {header()}}, `{}`
					}
					return 200, nil, goodAnswer(100, 10)
				})
				m.RequestsPerMinute = 60
				require.NoError(t, askAll(t.Context(), m, 10, 4))
				require.Len(t, sent, 11)
				assert.GreaterOrEqual(t, sent[3].Sub(sent[2]), 29*time.Second)
				assert.Less(t, sent[3].Sub(sent[2]), 35*time.Second)
				for i := 4; i < len(sent); i++ {
					assert.GreaterOrEqual(t, sent[i].Sub(sent[i-1]), time.Second-time.Microsecond)
				}
				assert.Equal(t, 1, m.Usage().Retries)
				assert.Equal(t, 10, m.Usage().Scored)
			})
		})
	}
}

func TestBackoffGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []time.Time
		m := inProcess(func(*http.Request) (int, http.Header, string) {
			sent = append(sent, time.Now())
			return 500, nil, ``
		})
		m.Retries = 9
		require.NoError(t, askAll(t.Context(), m, 1, 1))
		require.Len(t, sent, 10)
		for i := 1; i < len(sent); i++ {
			longest := min(firstBackoff<<(i-1), maxBackoff)
			assert.LessOrEqual(t, sent[i].Sub(sent[i-1]), longest)
			assert.GreaterOrEqual(t, sent[i].Sub(sent[i-1]), longest/2)
		}
	})
}

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"0": 0, "7": 7 * time.Second, " 1.5 ": 1500 * time.Millisecond, "1e300": 365 * 24 * time.Hour,
		"Fri, 02 Jan 2026 03:04:15 GMT": 10 * time.Second, "Fri, 02 Jan 2026 03:04:00 GMT": 0,
	} {
		got, ok := retryAfter(http.Header{"Retry-After": {value}}, now)
		assert.True(t, ok, value)
		assert.Equal(t, want, got, value)
	}
	for _, value := range []string{"", "soon", "-1", "NaN"} {
		_, ok := retryAfter(http.Header{"Retry-After": {value}}, now)
		assert.False(t, ok, value)
	}
}

// A budget is never overrun, however many requests are under way, and as much of
// it is used as can be.
func TestBudget(t *testing.T) {
	tests := map[string]struct {
		budget Budget
		asked  int
	}{
		"requests": {Budget{Requests: 17}, 17},
		// 3000 tokens each; the last is not begun unless all that it may take is
		// left: the prompt, as estimated, and 1500 tokens of answer.
		"tokens": {Budget{Tokens: 100_000}, 33},
		"money":  {Budget{Money: 0.1}, 33}, // 1000 × 1 + 2000 × 1 millionths each
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := inProcess(func(*http.Request) (int, http.Header, string) {
					time.Sleep(time.Second)
					return 200, nil, goodAnswer(2000, 1000)
				})
				m.Budget, m.Price = test.budget, Price{Prompt: 1, Answer: 1}
				require.NoError(t, askAll(t.Context(), m, 200, 8))
				usage := m.Usage()
				assert.LessOrEqual(t, usage.Requests, test.asked)
				assert.GreaterOrEqual(t, usage.Requests, test.asked-1)
				assert.Equal(t, 200, usage.Scored+usage.Left)
				assert.ErrorIs(t, m.Over(), ErrBudget)
				if test.budget.Tokens > 0 {
					assert.LessOrEqual(t, usage.PromptTokens+usage.AnswerTokens, test.budget.Tokens)
				}
				if test.budget.Money > 0 {
					assert.LessOrEqual(t, usage.Cost, test.budget.Money)
				}
			})
		})
	}
}

// The stage's own work for a commit, without a network.
func BenchmarkModel(b *testing.B) {
	answer := goodAnswer(2000, 200)
	m := inProcess(func(*http.Request) (int, http.Header, string) { return 200, nil, answer })
	m.Store = &score.Journal{Path: b.TempDir() + "/scores.jsonl"}
	require.NoError(b, m.Open(b.Context()))
	defer m.Close()
	text, patch := benchmarkFile()
	n := 0
	for b.Loop() {
		n++
		c := smallCommit(n)
		c.Hash = stage.Hash{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
		c.Files = []stage.FileChange{{
			Kind: stage.Modified, OldPath: "a.c", NewPath: "a.c", Before: text, Patch: patch,
			Hunks: []stage.Hunk{{OldStart: 40, OldLines: 3, NewStart: 40, NewLines: 4, Text: " \tx += 1;\n+\tx += 3;\n \tx += 1;\n \tx += 1;\n"}},
		}}
		if err := m.Process(b.Context(), c, func(*stage.Commit) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "commits/s")
	require.Equal(b, n, m.Usage().Scored)
}

// benchmarkFile is a file of some functions and the patch of one of them.
func benchmarkFile() (before []byte, patch string) {
	var text bytes.Buffer
	for f := range 10 {
		fmt.Fprintf(&text, "static int function_%d(int x)\n{\n", f)
		for range 30 {
			text.WriteString("\tx += 1;\n")
		}
		text.WriteString("\treturn x;\n}\n\n")
	}
	return text.Bytes(), "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -40,3 +40,4 @@ static int function_1(int x)\n \tx += 1;\n+\tx += 3;\n \tx += 1;\n \tx += 1;\n"
}
