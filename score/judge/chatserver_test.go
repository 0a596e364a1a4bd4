package judge_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/commitflow/commitflow/score/judge"
	"github.com/commitflow/commitflow/stage"
)

// hashRubric shows the commit's hash, so that a server can tell who is asked
// about.
var hashRubric = func() judge.Rubric {
	r, err := judge.ParseRubric(`{{define "name"}}test{{end}}{{define "version"}}1{{end}}
{{define "criteria"}}
message: says why
focus: does one thing
{{end}}
{{define "system"}}Judge.{{end}}
{{define "commit"}}COMMIT {{.Hash}}
{{.Message}}
{{.Code}}
{{.Patch}}{{range .LeftOut}}
left out: {{.}}{{end}}{{end}}`)
	if err != nil {
		panic(err)
	}
	return r
}()

// question is a request as the server sees it.
type question struct {
	commit string // the hash
	nth    int    // how often this commit was asked about before
	body   map[string]any
	key    string
	// over is to be called before the client can be done with the question, where
	// that is before the answer returns: the request is not under way any more.
	over func()
}

// chatServer is a server of the chat API whose answers are a function of the
// questions. It counts what it is asked.
type chatServer struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int // by commit
	all   int
	now   int // under way
	most  int // the most that were
}

// newChatServer starts a server on a real socket.
func newChatServer(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, q question)) *chatServer {
	s := &chatServer{asked: make(map[string]int)}
	s.Server = httptest.NewServer(s.handler(answer))
	t.Cleanup(s.Close)
	return s
}

var askedCommit = regexp.MustCompile(`COMMIT ([0-9a-f]{40})`)

func (s *chatServer) handler(answer func(http.ResponseWriter, *http.Request, question)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		q := question{key: r.Header.Get("Authorization")}
		if json.Unmarshal(text, &q.body) != nil || r.URL.Path != "/v1/chat/completions" {
			http.Error(w, "what?", http.StatusTeapot)
			return
		}
		if m := askedCommit.FindSubmatch(text); m != nil {
			q.commit = string(m[1])
		}
		s.mu.Lock()
		q.nth = s.asked[q.commit]
		s.asked[q.commit]++
		s.all++
		s.now++
		s.most = max(s.most, s.now)
		s.mu.Unlock()
		q.over = sync.OnceFunc(func() {
			s.mu.Lock()
			s.now--
			s.mu.Unlock()
		})
		defer q.over()
		answer(w, r, q)
	})
}

func (s *chatServer) requests(c *stage.Commit) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[c.Hash.String()]
}

// questions gives how many there were in all.
func (s *chatServer) questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

// mostAtOnce gives how many questions there were at the same time, at most.
func (s *chatServer) mostAtOnce() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// model is one that asks the server.
func (s *chatServer) model() *judge.Model {
	return &judge.Model{Endpoint: s.URL + "/v1", Name: "judge", Rubric: hashRubric}
}

// verdict is an answer that fits the schema of hashRubric.
func verdict(overall int) string {
	return fmt.Sprintf(`{"message": {"reason": "it says why", "score": 5}, "focus": {"reason": "one thing", "score": 3}, "overall": {"reason": "fine", "score": %d}}`, overall)
}

// say answers with a text, as a server does whose model has said it.
func say(w io.Writer, text string) {
	if w, ok := w.(http.ResponseWriter); ok {
		w.Header().Set("Content-Type", "application/json")
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"id": "1", "object": "chat.completion", "created": 1, "model": "judge",
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": text}}},
		"usage":   map[string]any{"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
	})
}

// aCommit is the n-th commit of an invented history: a change of one function.
func aCommit(n int) *stage.Commit {
	c := &stage.Commit{Position: stage.Position(n), Repo: "history", Hash: stage.Hash{0xc0, byte(n >> 16), byte(n >> 8), byte(n)}}
	c.SetMessage(fmt.Sprintf("mm: fix leak %d\n\nThe page was lost because of an early return.\n\nSigned-off-by: A <a@example.org>\n", n))
	before := "int other(void)\n{\n\treturn 1;\n}\n\nint f(void)\n{\n\treturn 0;\n}\n"
	text := " int f(void)\n {\n-\treturn 0;\n+\treturn 1;\n }\n"
	c.Files = []stage.FileChange{{
		Kind: stage.Modified, OldPath: "mm/f.c", NewPath: "mm/f.c", OldMode: stage.ModeRegular, NewMode: stage.ModeRegular,
		Added: 1, Deleted: 1, Before: []byte(before), After: []byte(strings.Replace(before, "return 0", "return 1", 1)),
		Patch: "diff --git a/mm/f.c b/mm/f.c\n--- a/mm/f.c\n+++ b/mm/f.c\n@@ -6,4 +6,4 @@\n" + text,
		Hunks: []stage.Hunk{{OldStart: 6, OldLines: 4, NewStart: 6, NewLines: 4, Text: text}},
	}}
	return c
}

func someCommits(n int) []*stage.Commit {
	commits := make([]*stage.Commit, n)
	for i := range commits {
		commits[i] = aCommit(i)
	}
	return commits
}
