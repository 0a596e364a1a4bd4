package score_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/stage"
)

// judged passes commits through models in a pipeline and gives what comes out.
func judged(ctx context.Context, commits []*stage.Commit, models ...*score.Model) ([]*stage.Commit, *stage.Report, error) {
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
	stage.To(score.Ask(read, models...), stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
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
	m.Price = score.Price{Prompt: 2, Answer: 10}
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

// misbehaviour is one way in which a server answers questions about a commit.
type misbehaviour struct {
	name   string
	answer func(w http.ResponseWriter, r *http.Request, q question)
	// What becomes of the commit: a score, or a failure with these words.
	overall uint8
	failure string
	// asked is how many requests that takes.
	asked int
	// answered is what is kept of the answer.
	answered string
}

func misbehaviours() []misbehaviour {
	say4 := func(w http.ResponseWriter) { say(w, verdict(4)) }
	first := func(n int, bad func(w http.ResponseWriter, r *http.Request)) func(http.ResponseWriter, *http.Request, question) {
		return func(w http.ResponseWriter, r *http.Request, q question) {
			if q.nth < n {
				bad(w, r)
				return
			}
			say4(w)
		}
	}
	status := func(code int, header ...string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			http.Error(w, `{"error": {"message": "not now, sk-secret-key"}}`, code)
		}
	}
	always := func(text string) func(http.ResponseWriter, *http.Request, question) {
		return func(w http.ResponseWriter, _ *http.Request, _ question) { say(w, text) }
	}
	cut := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	cutBody := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"choices": [`)
	}
	endless := func(w http.ResponseWriter, r *http.Request, _ question) {
		w.Header().Set("Content-Type", "application/json")
		for r.Context().Err() == nil {
			fmt.Fprint(w, " ")
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
	}
	huge := func(w http.ResponseWriter, r *http.Request, _ question) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"choices": [{"message": {"content": "`)
		blank := strings.Repeat("x", 1<<16)
		for range 1 << 8 {
			if _, err := fmt.Fprint(w, blank); err != nil {
				return
			}
		}
	}
	const retries = 2
	return []misbehaviour{
		{name: "well", answer: first(0, nil), overall: 4, asked: 1},
		{name: "slow", answer: func(w http.ResponseWriter, _ *http.Request, _ question) {
			time.Sleep(300 * time.Millisecond)
			say4(w)
		}, overall: 4, asked: 1},
		{name: "429", answer: first(1, status(429)), overall: 4, asked: 2},
		{name: "429 for ever", answer: first(99, status(429)), failure: "429", asked: 1 + retries},
		{name: "429 with seconds", answer: first(1, status(429, "Retry-After", "1")), overall: 4, asked: 2},
		{name: "429 with a date", answer: func(w http.ResponseWriter, r *http.Request, q question) {
			date := time.Now().Add(time.Second).UTC().Format(http.TimeFormat)
			first(1, status(429, "Retry-After", date))(w, r, q)
		}, overall: 4, asked: 2},
		{name: "429 with nonsense", answer: first(1, status(429, "Retry-After", "soon")), overall: 4, asked: 2},
		{name: "500", answer: first(2, status(500)), overall: 4, asked: 3},
		{name: "503 for ever", answer: first(99, status(503)), failure: "503", asked: 1 + retries},
		{name: "400", answer: first(99, status(400)), failure: "400 Bad Request: not now, [key]", asked: 1},
		{name: "cut before the answer", answer: first(1, cut), overall: 4, asked: 2},
		{name: "cut in the answer", answer: first(1, cutBody), overall: 4, asked: 2},
		{name: "cut for ever", answer: first(99, cut), failure: "cannot be reached", asked: 1 + retries},
		{name: "no JSON around the answer", answer: func(w http.ResponseWriter, _ *http.Request, _ question) {
			fmt.Fprint(w, "<html>welcome</html>")
		}, failure: "no whole answer", asked: 1 + retries},
		{name: "no choices", answer: func(w http.ResponseWriter, _ *http.Request, _ question) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"choices": []}`)
		}, failure: "no choices", asked: 1 + retries},
		{name: "wrong JSON", answer: always(`{"overall": 5}`), failure: "overall: no JSON object", asked: 2, answered: `{"overall": 5}`},
		{name: "no JSON", answer: always("I give it 5 of 5."), failure: "no JSON object that fits", asked: 2, answered: "I give it 5 of 5."},
		{name: "JSON in prose", answer: always("Here you are:\n```json\n" + verdict(4) + "\n```\nIt is {fine}."), overall: 4, asked: 1},
		{name: "out of range", answer: always(verdict(7)), failure: "overall: the score is 7", asked: 2, answered: verdict(7)},
		{name: "out of range once", answer: func(w http.ResponseWriter, _ *http.Request, q question) {
			say(w, verdict(7-3*q.nth))
		}, overall: 4, asked: 2},
		{name: "empty", answer: always(""), failure: "the answer is empty", asked: 2},
		{name: "the key", answer: always("sk-secret-key"), failure: "no JSON object that fits", asked: 2, answered: "[key]"},
		{name: "long", answer: always(strings.Repeat("x", 70_000)), failure: "longer than 65536 bytes", asked: 2, answered: strings.Repeat("x", 4096) + "…"},
		{name: "huge", answer: huge, failure: "longer than 1048576 bytes", asked: 2, answered: `{"choices": [{"message": {"content": "` + strings.Repeat("x", 4096-38)},
		{name: "endless", answer: endless, failure: "no answer within 1s", asked: 1 + retries},
	}
}

// A server that misbehaves in every way: each commit ends with a score or with
// the reason for none, nobody is asked about more often than the rules say, no
// more requests are under way than allowed, and the key shows up nowhere.
func TestEveryCommitEndsScoredOrFailed(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-secret-key")
	ways := misbehaviours()
	commits := someCommits(2 * len(ways))
	way := func(hash string) *misbehaviour {
		for i, c := range commits {
			if c.Hash.String() == hash {
				return &ways[i%len(ways)]
			}
		}
		return nil
	}
	server := newChatServer(t, func(w http.ResponseWriter, r *http.Request, q question) {
		if w := way(q.commit); !assert.NotNil(t, w) {
			return
		}
		way(q.commit).answer(w, r, q)
	})
	journal := filepath.Join(t.TempDir(), "scores.jsonl")
	m := server.model()
	m.Concurrency, m.Timeout, m.Retries = 12, time.Second, 2
	m.Store = &score.Journal{Path: journal}
	out, report, err := judged(t.Context(), commits, m)
	require.NoError(t, err)
	require.Len(t, out, len(commits))
	assert.Zero(t, report.Failed)
	for i, c := range out {
		want := &ways[i%len(ways)]
		assert.Equal(t, commits[i].Hash, c.Hash, "order")
		assert.Equal(t, want.asked, server.requests(c), want.name)
		if !assert.Len(t, c.ModelScores, 1, want.name) {
			continue
		}
		got := c.ModelScores[0]
		assert.Equal(t, want.overall, got.Overall, want.name)
		if want.failure == "" {
			assert.Empty(t, got.Failure, want.name)
		} else {
			assert.Contains(t, got.Failure, want.failure, want.name)
		}
	}
	assert.LessOrEqual(t, server.most, 12)
	usage := m.Usage()
	assert.Equal(t, len(commits), usage.Scored+usage.Failed)
	assert.Equal(t, server.all, usage.Requests)

	text, err := os.ReadFile(journal)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "sk-secret-key")
	assert.NotContains(t, usage.String(), "sk-secret-key")
	rows, err := json.Marshal(out)
	require.NoError(t, err)
	assert.NotContains(t, string(rows), "sk-secret-key")
	kept := 0
	for line := range bytes.Lines(text) {
		var j stage.Judgment
		require.NoError(t, json.Unmarshal(line, &j))
		want := way(j.Commit.String())
		assert.Equal(t, want.answered, j.Answer, want.name)
		assert.Equal(t, want.failure == "", j.Failure == "", want.name)
		kept++
	}
	assert.Equal(t, usage.Scored+2*countKept(ways), kept, "failures without an answer are not kept")

	// Another run asks about those alone that nobody has answered for.
	asked := server.all
	again := server.model()
	again.Concurrency, again.Timeout, again.Retries, again.Store = 12, time.Second, -1, &score.Journal{Path: journal}
	_, _, err = judged(t.Context(), someCommits(len(commits)), again)
	require.NoError(t, err)
	assert.Equal(t, kept, again.Usage().Stored)
	assert.Equal(t, len(commits)-kept, server.all-asked)
}

// countKept counts the ways that end in a failure with an answer to keep.
func countKept(ways []misbehaviour) (n int) {
	for _, w := range ways {
		if w.failure != "" && w.asked == 2 {
			n++
		}
	}
	return n
}

func TestCancellingReturnsAtOnce(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request, q question){
		"hangs": func(_ http.ResponseWriter, r *http.Request, _ question) { <-r.Context().Done() },
		"trickles": func(w http.ResponseWriter, r *http.Request, _ question) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(time.Millisecond)
			}
		},
		"asks to wait": func(w http.ResponseWriter, _ *http.Request, _ question) {
			w.Header().Set("Retry-After", "100")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := newChatServer(t, answer)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(300*time.Millisecond, cancel)
			began := time.Now()
			m := server.model()
			m.Concurrency = 8
			_, _, err := judged(ctx, someCommits(100), m)
			assert.ErrorIs(t, err, context.Canceled)
			assert.Less(t, time.Since(began), 1300*time.Millisecond)
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
	var refusal *score.ServerError
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, 401, refusal.Status)
	assert.Equal(t, 1, server.all)
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
	assert.Equal(t, 1, server.all)
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
	assert.ErrorIs(t, err, stage.ErrNoPatch)

	noContents := someCommits(1)
	noContents[0].Files[0].Before = nil
	noContents[0].Blobs = noBlobs{}
	_, _, err = judged(t.Context(), noContents, server.model())
	assert.ErrorIs(t, err, stage.ErrNoContents)

	noContents[0].Blobs = nil // as it comes from a database
	out, _, err := judged(t.Context(), noContents, server.model())
	require.NoError(t, err)
	assert.Len(t, out[0].ModelScores, 1)
}

type noBlobs struct{}

func (noBlobs) Blob(context.Context, stage.Hash) ([]byte, error) { return nil, errors.New("none") }

func TestSettingsAreCheckedBeforeAnyWork(t *testing.T) {
	tests := []struct {
		model *score.Model
		want  string
	}{
		{&score.Model{}, "no endpoint: give the address of the server"},
		{&score.Model{}, "no name of a model"},
		{&score.Model{Endpoint: "localhost:8000"}, "the endpoint is no address"},
		{&score.Model{Endpoint: "http://user:sk-secret-key@localhost/v1"}, "put the key into the environment"},
		{&score.Model{Endpoint: "http://localhost/v1/chat/completions"}, "ends in /chat/completions"},
		{&score.Model{KeyVariable: "COMMITFLOW_NOT_SET"}, "COMMITFLOW_NOT_SET, which should hold the key, is not set"},
		{&score.Model{PromptTokens: -1}, "PromptTokens is -1"},
		{&score.Model{PromptTokens: 500}, "too small for the rubric"},
		{&score.Model{TokensPerMinute: 1000}, "a single request may take"},
		{&score.Model{Budget: score.Budget{Money: 1}}, "and no prices"},
		{&score.Model{Price: score.Price{Prompt: -1}}, "Price.Prompt is -1"},
		{&score.Model{Concurrency: 1 << 20}, "want at most 10000"},
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
	assert.Equal(t, 20+5, server.all, "each refusal once")
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
	assert.Equal(t, "score.Model small", report.Stages[2].Name)

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
	assert.Equal(t, 10, server.all)
}
