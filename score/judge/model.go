package judge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/stage"
)

// Model asks a language model what it thinks of each commit, by the criteria of
// a [Rubric], and adds the answer to the commit's ModelScores. Any server that
// speaks OpenAI's chat API will do: Ollama, vLLM, llama.cpp, hosted ones. Join it
// into a pipeline with [Ask], behind a [stage.DiffParser] with Contents:
//
//	parsed := stage.Through(commits, stage.DiffParser{Contents: true}, stage.Workers(0))
//	judged := judge.Ask(parsed, &judge.Model{
//		Endpoint: "http://localhost:11434/v1",
//		Name:     "qwen3",
//		Store:    &score.Journal{Path: "scores.jsonl"},
//	})
//
// Every commit is passed on. One without a patch, such as a merge, one that Only
// does not want and one that comes when the budget is used up are not asked
// about; one that the store has a judgment of is not asked about again. All
// others end with a score, or with a failure and its reason.
//
// The answer is bound to a JSON schema where the server can do that, and read
// strictly in any case. One that cannot be used is asked for once more, with the
// reason; then the commit's judgment is a failure, which is kept with the answer
// like any other. Where the server does not answer at all, the request is
// repeated with growing pauses, or after the time that it asks for with
// Retry-After; if that does not help either, the failure is not kept, and a later
// run asks again.
//
// A run that is stopped, be it by kill -9, loses the requests under way and
// nothing else: see [score.Journal]. Nothing that was answered is asked, and paid
// for, twice.
//
// Use it by pointer. Fields must not change between Open and Close. Process is
// safe for concurrent use.
type Model struct {
	// Endpoint is the address of the API, the part before "/chat/completions",
	// such as "http://localhost:8000/v1". It must be given.
	Endpoint string
	// Name is the model's name at the server. It must be given.
	Name string
	// KeyVariable is the environment variable that holds the server's key; ""
	// means OPENAI_API_KEY, which need not be set then. The key is sent to
	// Endpoint, and appears nowhere else.
	KeyVariable string
	// Client makes the connections; nil means one of the stage's own.
	Client *http.Client

	// Rubric is what to ask; the zero value is [DefaultRubric].
	Rubric Rubric
	// Store keeps the judgments; nil keeps them nowhere but in the commits.
	Store score.Store
	// Only chooses the commits to ask about; nil means all. It is called
	// concurrently. See [score.Candidates] for the best ones of a history.
	Only func(*stage.Commit) bool
	// RetryFailed asks again about commits of which the store has a failure.
	RetryFailed bool

	// PromptTokens bounds a prompt; 0 means 6000. What does not fit is left out,
	// whole functions and files at a time, and the prompt says what. TouchedLines
	// is the longest function that is shown whole, 0 means 400 lines.
	PromptTokens int
	TouchedLines int
	// Count counts the tokens of a text; nil means [EstimateTokens].
	Count TokenCounter
	// AnswerTokens bounds an answer; 0 means 1500. Models that think first need
	// more.
	AnswerTokens int
	// Temperature is that of sampling; 0 gives the likeliest answer.
	Temperature float64

	// Concurrency is how many requests are under way at once; 0 means 4. See
	// [Ask].
	Concurrency int
	// RequestsPerMinute and TokensPerMinute are limits of the server's; 0 is none.
	// Requests come evenly spaced. Tokens are those of prompts and answers, on the
	// average of the minutes: one request's worth may be saved up, and answers
	// count when they come, so that those under way come on top.
	RequestsPerMinute int
	TokensPerMinute   int
	// Timeout bounds a request, its answer included; 0 means 2 minutes.
	Timeout time.Duration
	// Retries is how often a request is repeated that the server did not answer;
	// 0 means 5, a negative number none.
	Retries int
	// MaxRetryAfter is the longest wait that the server may ask for before a
	// request is repeated; 0 means 5 minutes. If it asks for more the run ends.
	MaxRetryAfter time.Duration
	// GiveUp is how many commits in a row may fail because of the server before
	// the run ends; 0 means 20, a negative number any.
	GiveUp int

	// Budget is what this run may spend, at the given prices.
	Budget Budget
	Price  Price

	run  *modelRun
	last *modelRun // of which Usage tells after Close
}

var (
	_ stage.Processor[*stage.Commit, *stage.Commit] = (*Model)(nil)
	_ stage.Opener                                  = (*Model)(nil)
	_ stage.Closer                                  = (*Model)(nil)
	_ stage.Configured                              = (*Model)(nil)
)

const (
	defaultKeyVariable = "OPENAI_API_KEY"
	defaultPrompt      = 6000
	defaultAnswer      = 1500
	defaultConcurrency = 4
	defaultTimeout     = 2 * time.Minute
	defaultRetries     = 5
	defaultRetryAfter  = 5 * time.Minute
	defaultGiveUp      = 20
	maxConcurrency     = 10_000
)

// Ask passes a stream through models, one after the other, each with as many
// workers as its Concurrency says. So every commit gets the scores of all of
// them, and each model is kept busy by its own commits. The order is kept: a
// commit that takes long holds up some four times Concurrency others.
func Ask(s stage.Stream[*stage.Commit], models ...*Model) stage.Stream[*stage.Commit] {
	for _, m := range models {
		s = stage.Through(s, m, stage.Named("judge.Model "+m.Name), stage.Workers(m.concurrency()), stage.Chunk(1))
	}
	return s
}

func (m *Model) concurrency() int {
	if m.Concurrency > 0 {
		return m.Concurrency
	}
	return defaultConcurrency
}

// modelRun is what exists between Open and Close.
type modelRun struct {
	*Model
	chat     *chat
	prompter prompter
	rubric   *rubric
	ledger   *ledger
	pace     *pace
	own      *http.Transport // to be closed
	retries  int
	giveUp   int

	usage  counters
	inARow atomic.Int64 // commits that the server has failed

	mu    sync.Mutex
	fatal error
}

// Open checks the settings, reads the key and opens the store. Nothing is sent.
// Its error names all that is wrong with the settings.
func (m *Model) Open(ctx context.Context) error {
	if m.run != nil {
		return fmt.Errorf("model %s: Open called twice without Close", m.Name)
	}
	r := &modelRun{Model: m, rubric: m.Rubric.or(DefaultRubric).rubric}
	r.prompter = prompter{rubric: r.rubric, count: m.Count, budget: cmp.Or(m.PromptTokens, defaultPrompt), lines: m.TouchedLines}
	if r.prompter.count == nil {
		r.prompter.count = EstimateTokens
	}
	key, err := m.key()
	if err := errors.Join(m.check(), err, r.prompter.check()); err != nil {
		return fmt.Errorf("model %q: %w", m.Name, err)
	}
	client := m.Client
	if client == nil {
		r.own = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: m.concurrency()}
		client = &http.Client{Transport: r.own}
	}
	r.chat = newChat(strings.TrimRight(m.Endpoint, "/")+"/", m.Name, key, client)
	r.chat.timeout = cmp.Or(m.Timeout, defaultTimeout)
	r.chat.maxAnswer = cmp.Or(m.AnswerTokens, defaultAnswer)
	r.chat.temperature = m.Temperature
	r.chat.schema = r.rubric.schema
	r.ledger = newLedger(m.Budget, m.Price)
	r.pace = newPace(m.RequestsPerMinute, m.TokensPerMinute, m.largestRequest())
	r.retries = max(0, cmp.Or(m.Retries, defaultRetries))
	r.giveUp = cmp.Or(m.GiveUp, defaultGiveUp)
	if m.Store != nil {
		if err := m.Store.Open(ctx); err != nil {
			return err
		}
	}
	m.run, m.last = r, r
	return nil
}

// largestRequest is about the most tokens that a request and its answer may take;
// one that asks again quotes the answer before.
func (m *Model) largestRequest() int {
	return cmp.Or(m.PromptTokens, defaultPrompt) + 2*cmp.Or(m.AnswerTokens, defaultAnswer)
}

// key reads the key from the environment.
func (m *Model) key() (string, error) {
	variable := cmp.Or(m.KeyVariable, defaultKeyVariable)
	key := strings.TrimSpace(os.Getenv(variable))
	switch {
	case key == "" && m.KeyVariable != "":
		return "", fmt.Errorf("the environment variable %s, which should hold the key, is not set", variable)
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "", fmt.Errorf("the environment variable %s holds no key: it has blanks or other characters that keys have not", variable)
	}
	return key, nil
}

func (m *Model) check() error {
	var wrong []error
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	switch address, err := url.Parse(m.Endpoint); {
	case m.Endpoint == "":
		add("no endpoint: give the address of the server, such as http://localhost:11434/v1")
	case err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https":
		add("the endpoint is no address: want one such as http://localhost:11434/v1")
	case address.User != nil || address.RawQuery != "" || address.Fragment != "":
		add("the endpoint has a user, a query or a fragment: leave them out, and put the key into the environment")
	case strings.HasSuffix(strings.TrimRight(address.Path, "/"), "/chat/completions"):
		add("the endpoint ends in /chat/completions: leave that out")
	}
	if strings.TrimSpace(m.Name) == "" {
		add("no name of a model: give the one by which the server knows it")
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"PromptTokens", m.PromptTokens}, {"AnswerTokens", m.AnswerTokens}, {"TouchedLines", m.TouchedLines}, {"Concurrency", m.Concurrency},
		{"RequestsPerMinute", m.RequestsPerMinute}, {"TokensPerMinute", m.TokensPerMinute}, {"Timeout", int(m.Timeout)},
		{"MaxRetryAfter", int(m.MaxRetryAfter)}, {"Budget.Requests", m.Budget.Requests}, {"Budget.Tokens", m.Budget.Tokens},
	} {
		if n.value < 0 {
			add("%s is %d: want a positive number, or 0 for the default", n.name, n.value)
		}
	}
	if m.Concurrency > maxConcurrency {
		add("Concurrency is %d: want at most %d", m.Concurrency, maxConcurrency)
	}
	if m.TokensPerMinute > 0 && m.TokensPerMinute < m.largestRequest() {
		add("TokensPerMinute is %d, and a single request may take %d: allow more, or less PromptTokens or AnswerTokens", m.TokensPerMinute, m.largestRequest())
	}
	for _, n := range []struct {
		name  string
		value float64
	}{{"Temperature", m.Temperature}, {"Budget.Money", m.Budget.Money}, {"Price.Prompt", m.Price.Prompt}, {"Price.Answer", m.Price.Answer}} {
		if !(n.value >= 0 && n.value < 1e12) {
			add("%s is %v: want a number from 0", n.name, n.value)
		}
	}
	if m.Budget.Money > 0 && m.Price == (Price{}) {
		add("a budget of %v of money, and no prices: give Price, per million tokens", m.Budget.Money)
	}
	return errors.Join(wrong...)
}

// Close closes the store and hangs up.
func (m *Model) Close() error {
	r := m.run
	if r == nil {
		return nil
	}
	m.run = nil
	if r.own != nil {
		r.own.CloseIdleConnections()
	}
	if m.Store != nil {
		return m.Store.Close()
	}
	return nil
}

// Configuration names what a checkpoint must not change under a run.
func (m *Model) Configuration() map[string]string {
	return map[string]string{
		"model":         m.Name,
		"rubric":        m.Rubric.ID(),
		"prompt tokens": fmt.Sprint(cmp.Or(m.PromptTokens, defaultPrompt)),
		"answer tokens": fmt.Sprint(cmp.Or(m.AnswerTokens, defaultAnswer)),
		"temperature":   fmt.Sprint(m.Temperature),
	}
}

// Over tells why no commit is asked about any more: [ErrBudget], or the error
// that every further commit would fail with; nil while there is no such reason.
// It may be called at any time.
func (m *Model) Over() error {
	r := m.last
	if r == nil {
		return nil
	}
	if err := r.ended(); err != nil {
		return err
	}
	_, err := r.ledger.state()
	return err
}

func (r *modelRun) ended() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fatal
}

// end lets every further commit fail.
func (r *modelRun) end(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fatal == nil {
		r.fatal = err
	}
	return r.fatal
}
