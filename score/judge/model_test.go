package judge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/score/judge"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// judged passes commits through models in a pipeline and gives what comes out.
func judged(ctx context.Context, commits []*stage.Commit, models ...*judge.Model) ([]*stage.Commit, *stage.Report, error) {
	p := stage.New("judge")
	read := stage.From(p, stage.Source[*stage.Commit](stage.SourceFunc[*stage.Commit](func(_ context.Context, emit func(*stage.Commit) error) error {
		for _, c := range commits {
			if err := emit(c); err != nil {
				return err
			}
		}
		return nil
	})))
	var out []*stage.Commit
	stage.To(judge.Ask(read, models...), stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		out = append(out, it.Value)
		return nil
	}))
	report, err := p.Run(ctx)
	return out, report, err
}

func TestModelScoresACommit(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-secret-key")
	server := newChatServer(t, func(w http.ResponseWriter, _ *http.Request, q question) {
		assert.Equal(t, "Bearer sk-secret-key", q.key)
		assert.Equal(t, "judge", q.body["model"])
		assert.EqualValues(t, 0, q.body["temperature"])
		format, _ := json.Marshal(q.body["response_format"])
		assert.Contains(t, string(format), `"type":"json_schema"`)
		assert.Contains(t, string(format), `"required":["message","focus","overall"]`)
		say(w, verdict(4))
	})
	m := server.model()
	m.Price = judge.Price{Prompt: 2, Answer: 10}
	out, _, err := judged(t.Context(), someCommits(1), m)
	require.NoError(t, err)
	assert.Equal(t, []stage.ModelScore{{
		Model: "judge", Rubric: hashRubric.ID(), Overall: 4, Reason: "fine",
		Criteria: []stage.CriterionScore{{Criterion: "message", Score: 5, Reason: "it says why"}, {Criterion: "focus", Score: 3, Reason: "one thing"}},
	}}, out[0].ModelScores)
	usage := m.Usage()
	assert.InDelta(t, (100*2+10*10)/1e6, usage.Cost, 1e-12)
	assert.Equal(t, [4]int{1, 1, 100, 10}, [4]int{usage.Scored, usage.Requests, usage.PromptTokens, usage.AnswerTokens})
}

func TestCancellingReturnsAtOnce(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request, q question){
		"hangs":    func(_ http.ResponseWriter, r *http.Request, _ question) { <-r.Context().Done() },
		"trickles": trickle,
		"asks to wait": func(w http.ResponseWriter, _ *http.Request, _ question) {
			w.Header().Set("Retry-After", "100")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var once sync.Once
			asked, cancelled := make(chan struct{}), make(chan time.Time, 1)
			server := newChatServer(t, func(w http.ResponseWriter, r *http.Request, q question) {
				once.Do(func() { close(asked) })
				answer(w, r, q)
			})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				time.Sleep(300 * time.Millisecond) // everybody is waiting by then
				cancelled <- time.Now()
				cancel()
			}()
			m := server.model()
			m.Concurrency = 8
			_, _, err := judged(ctx, someCommits(100), m)
			took := time.Since(<-cancelled)
			assert.ErrorIs(t, err, context.Canceled)
			assert.Less(t, took, time.Second)
		})
	}
}

func TestARefusedKeyEndsTheRun(t *testing.T) {
	t.Setenv("MY_KEY", "sk-secret-key")
	server := newChatServer(t, func(w http.ResponseWriter, _ *http.Request, _ question) {
		http.Error(w, `{"error": {"message": "wrong key sk-secret-key"}}`, http.StatusUnauthorized)
	})
	m := server.model()
	m.KeyVariable, m.Concurrency = "MY_KEY", 1
	_, _, err := judged(t.Context(), someCommits(10), m)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "401 Unauthorized: wrong key [key]: check endpoint, model and key")
	var refusal *judge.ServerError
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, 401, refusal.Status)
	assert.Equal(t, 1, server.questions())
	assert.ErrorAs(t, m.Over(), &refusal)
}

func TestADeadServerEndsTheRun(t *testing.T) {
	server := newChatServer(t, nil)
	server.Close()
	m := server.model()
	m.Retries, m.GiveUp, m.Concurrency = -1, 3, 1
	_, _, err := judged(t.Context(), someCommits(10), m)
	assert.ErrorContains(t, err, "given up after 3 commits in a row without an answer")
	assert.Equal(t, 3, m.Usage().Failed)
	assert.Zero(t, m.Usage().PromptTokens, "nothing was sent")
}

func TestALongRetryAfterEndsTheRun(t *testing.T) {
	server := newChatServer(t, func(w http.ResponseWriter, _ *http.Request, _ question) {
		w.Header().Set("Retry-After", "86400")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	m := server.model()
	m.Concurrency = 1
	out, _, err := judged(t.Context(), someCommits(10), m)
	assert.ErrorContains(t, err, "the server asks to wait 24h0m0s, longer than 5m0s")
	assert.Empty(t, out)
	assert.Equal(t, 1, server.questions())
}

// What is not to be asked about is passed on.
func TestNotAskedAbout(t *testing.T) {
	server := newChatServer(t, func(w http.ResponseWriter, _ *http.Request, _ question) { say(w, verdict(4)) })
	commits := someCommits(6)
	commits[1].Files, commits[1].Parents = nil, []stage.Hash{{1}, {2}}
	commits[2].Files[0].Binary = true
	m := server.model()
	m.Only = func(c *stage.Commit) bool { return c.Position != 3 }
	out, _, err := judged(t.Context(), commits, m)
	require.NoError(t, err)
	for i, c := range out {
		assert.Equal(t, i == 0 || i > 3, len(c.ModelScores) == 1, i)
	}
	assert.Equal(t, 3, m.Usage().Skipped)
}

func TestWiringMistakesEndTheRun(t *testing.T) {
	server := newChatServer(t, func(w http.ResponseWriter, _ *http.Request, _ question) { say(w, verdict(4)) })
	noPatch := someCommits(1)
	noPatch[0].Files[0].Patch = ""
	_, _, err := judged(t.Context(), noPatch, server.model())
	assert.ErrorIs(t, err, dataset.ErrNoPatch)

	noContents := someCommits(1)
	noContents[0].Files[0].Before = nil
	noContents[0].Blobs = noBlobs{}
	_, _, err = judged(t.Context(), noContents, server.model())
	assert.ErrorIs(t, err, dataset.ErrNoContents)

	noContents[0].Blobs = nil // as it comes from a database
	out, _, err := judged(t.Context(), noContents, server.model())
	require.NoError(t, err)
	assert.Len(t, out[0].ModelScores, 1)
}

type noBlobs struct{}

func (noBlobs) Blob(context.Context, stage.Hash) ([]byte, error) { return nil, errors.New("none") }

func TestSettingsAreCheckedBeforeAnyWork(t *testing.T) {
	tests := []struct {
		model *judge.Model
		want  string
	}{
		{&judge.Model{}, "no endpoint: give the address of the server"},
		{&judge.Model{}, "no name of a model"},
		{&judge.Model{Endpoint: "localhost:8000"}, "the endpoint is no address"},
		{&judge.Model{Endpoint: "http://user:sk-secret-key@localhost/v1"}, "put the key into the environment"},
		{&judge.Model{Endpoint: "http://localhost/v1/chat/completions"}, "ends in /chat/completions"},
		{&judge.Model{KeyVariable: "COMMITFLOW_NOT_SET"}, "COMMITFLOW_NOT_SET, which should hold the key, is not set"},
		{&judge.Model{PromptTokens: -1}, "PromptTokens is -1"},
		{&judge.Model{PromptTokens: 500}, "too small for the rubric"},
		{&judge.Model{TokensPerMinute: 1000}, "a single request may take"},
		{&judge.Model{Budget: judge.Budget{Money: 1}}, "and no prices"},
		{&judge.Model{Price: judge.Price{Prompt: -1}}, "Price.Prompt is -1"},
		{&judge.Model{Concurrency: 1 << 20}, "want at most 10000"},
	}
	for _, test := range tests {
		err := test.model.Open(t.Context())
		assert.ErrorContains(t, err, test.want)
		assert.NotContains(t, fmt.Sprint(err), "sk-secret-key")
		require.NoError(t, test.model.Close())
	}
}

// A server that cannot bind answers to a schema is asked in simpler forms, and
// the report tells.
func TestConcessions(t *testing.T) {
	server := newChatServer(t, func(w http.ResponseWriter, _ *http.Request, q question) {
		refuse := func(what string) {
			http.Error(w, fmt.Sprintf(`{"error": {"message": "Unsupported parameter: %s", "type": "invalid_request_error"}}`, what), http.StatusBadRequest)
		}
		switch {
		case q.body["response_format"] != nil:
			refuse("response_format")
		case q.body["max_tokens"] != nil:
			refuse("'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead")
		case q.body["temperature"] != nil:
			refuse("'temperature'")
		default:
			say(w, verdict(3))
		}
	})
	m := server.model()
	m.Concurrency = 1
	out, _, err := judged(t.Context(), someCommits(20), m)
	require.NoError(t, err)
	for _, c := range out {
		assert.Equal(t, uint8(3), c.ModelScore("judge").Overall)
	}
	assert.Equal(t, 20+5, server.questions(), "each refusal once")
	assert.Len(t, m.Usage().Concessions, 5)
	assert.Contains(t, m.Usage().String(), "the server: it refuses response_format: answers are not bound to JSON, and read strictly")

	tooLong := newChatServer(t, func(w http.ResponseWriter, _ *http.Request, _ question) {
		http.Error(w, `{"error": {"message": "'max_tokens' is too large: 1500. This model's maximum context length is 2048 tokens"}}`, http.StatusBadRequest)
	})
	m = tooLong.model()
	_, _, err = judged(t.Context(), someCommits(1), m)
	require.NoError(t, err)
	assert.Empty(t, m.Usage().Concessions, "a prompt that is too long is no matter of parameters")
}

func TestSeveralModelsSideBySide(t *testing.T) {
	server := newChatServer(t, func(w http.ResponseWriter, _ *http.Request, q question) {
		say(w, verdict(map[string]int{"large": 5, "small": 2}[q.body["model"].(string)]))
	})
	store := &score.Journal{Path: filepath.Join(t.TempDir(), "scores.jsonl")}
	large, small := server.model(), server.model()
	large.Name, small.Name = "large", "small"
	large.Store, small.Store = store, store
	out, report, err := judged(t.Context(), someCommits(5), large, small)
	require.NoError(t, err)
	for _, c := range out {
		assert.Equal(t, uint8(5), c.ModelScore("large").Overall)
		assert.Equal(t, uint8(2), c.ModelScore("small").Overall)
		assert.Equal(t, uint8(2), c.ModelScore("").Overall)
	}
	assert.Equal(t, "judge.Model small", report.Stages[2].Name)

	// A later run gets both from the store, and asks nobody.
	p := stage.New("export")
	read := stage.From(p, stage.Source[*stage.Commit](stage.SourceFunc[*stage.Commit](func(_ context.Context, emit func(*stage.Commit) error) error {
		return errors.Join(emit(aCommit(0)), emit(aCommit(99)))
	})))
	joined := stage.Through(read, score.Stored{Store: store}, stage.Workers(2))
	var got []*stage.Commit
	stage.To(joined, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		got = append(got, it.Value)
		return nil
	}))
	_, err = p.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, out[0].ModelScores, got[0].ModelScores)
	assert.Empty(t, got[1].ModelScores)
	assert.Equal(t, 10, server.questions())
}
