package judge_test

import (
	"bytes"
	"encoding/json"
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
	first := func(n int, bad func(w http.ResponseWriter, r *http.Request, q question)) func(http.ResponseWriter, *http.Request, question) {
		return func(w http.ResponseWriter, r *http.Request, q question) {
			if q.nth < n {
				bad(w, r, q)
				return
			}
			say4(w)
		}
	}
	status := func(code int, header ...string) func(http.ResponseWriter, *http.Request, question) {
		return func(w http.ResponseWriter, _ *http.Request, _ question) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			http.Error(w, `{"error": {"message": "not now, sk-secret-key"}}`, code)
		}
	}
	always := func(text string) func(http.ResponseWriter, *http.Request, question) {
		return func(w http.ResponseWriter, _ *http.Request, _ question) { say(w, text) }
	}
	cut := func(w http.ResponseWriter, _ *http.Request, q question) {
		q.over()
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	cutBody := func(w http.ResponseWriter, _ *http.Request, _ question) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"choices": [`)
	}
	huge := func(w http.ResponseWriter, _ *http.Request, q question) {
		q.over()
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
	m.Concurrency, m.Timeout, m.Retries = 12, time.Minute, 2
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
	assert.LessOrEqual(t, server.mostAtOnce(), 12)
	usage := m.Usage()
	assert.Equal(t, len(commits), usage.Scored+usage.Failed)
	assert.Equal(t, server.questions(), usage.Requests)

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
	asked := server.questions()
	again := server.model()
	again.Concurrency, again.Timeout, again.Retries, again.Store = 12, time.Minute, -1, &score.Journal{Path: journal}
	_, _, err = judged(t.Context(), someCommits(len(commits)), again)
	require.NoError(t, err)
	assert.Equal(t, kept, again.Usage().Stored)
	assert.Equal(t, len(commits)-kept, server.questions()-asked)
}

// trickle begins an answer that never ends.
func trickle(w http.ResponseWriter, r *http.Request, _ question) {
	w.Header().Set("Content-Type", "application/json")
	for r.Context().Err() == nil {
		fmt.Fprint(w, " ")
		w.(http.Flusher).Flush()
		time.Sleep(time.Millisecond)
	}
}

// An answer that never ends is given up in time. Nothing else is asked of this
// server: within a second, a busy machine may not have answered either.
func TestAnEndlessAnswerIsGivenUp(t *testing.T) {
	server := newChatServer(t, trickle)
	journal := filepath.Join(t.TempDir(), "scores.jsonl")
	m := server.model()
	m.Timeout, m.Retries, m.Store = time.Second, 2, &score.Journal{Path: journal}
	out, _, err := judged(t.Context(), someCommits(2), m)
	require.NoError(t, err)
	require.Len(t, out, 2)
	assert.Equal(t, len(out)*(1+m.Retries), m.Usage().Requests)
	for _, c := range out {
		require.Len(t, c.ModelScores, 1)
		assert.Contains(t, c.ModelScores[0].Failure, "no answer within 1s")
	}
	text, err := os.ReadFile(journal)
	require.NoError(t, err)
	assert.Empty(t, text, "failures without an answer are not kept")
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
