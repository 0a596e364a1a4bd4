package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/bench/synthetic"
	"github.com/commitflow/commitflow/score/judge"
	"github.com/commitflow/commitflow/stage"
)

// TestMain lets the test binary be the command, so that it can be killed and its
// exit status looked at.
func TestMain(m *testing.M) {
	if os.Getenv("MODELSCORE_AS_COMMAND") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func modelscore(t *testing.T, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd = exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "MODELSCORE_AS_COMMAND=1", "OPENAI_API_KEY=sk-secret-key")
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

func history(t *testing.T, commits int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "synthetic.git")
	require.NoError(t, synthetic.Generate(t.Context(), synthetic.Options{Dir: dir, Commits: commits, Files: 150, Seed: 7, MaxFileBytes: 30_000}))
	return dir
}

// modelServer is a server whose opinion follows from the question. It notes which
// commits it is asked about, which it finds in the question by a rubric that
// shows them. Each run has an address of its own, as what a killed one had sent
// can arrive when the next has begun.
type modelServer struct {
	*httptest.Server
	rubric string
	delay  time.Duration

	mu      sync.Mutex
	run     int
	answers int      // that this run gets; a question beyond them waits until its asker is gone
	asked   []string // in this run
	first   chan struct{}
}

var shown = regexp.MustCompile(`COMMIT ([0-9a-f]{40})`)

func newModelServer(t *testing.T, delay time.Duration) *modelServer {
	t.Helper()
	text, err := os.ReadFile("../../score/judge/rubrics/teaching.tmpl")
	require.NoError(t, err)
	s := &modelServer{rubric: filepath.Join(t.TempDir(), "rubric.tmpl"), delay: delay}
	require.NoError(t, os.WriteFile(s.rubric, bytes.Replace(text, []byte("MESSAGE\n"), []byte("COMMIT {{.Hash}}\nMESSAGE\n"), 1), 0o666))
	rubric, err := judge.ReadRubric(s.rubric)
	require.NoError(t, err)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		hash := shown.FindSubmatch(body)
		if err != nil || hash == nil {
			http.Error(w, "no commit in it", http.StatusBadRequest)
			return
		}
		if !s.note(r.URL.Path, string(hash[1])) {
			<-r.Context().Done()
			return
		}
		time.Sleep(s.delay/2 + rand.N(s.delay+1))
		opinion := map[string]any{}
		for _, c := range append(rubric.Criteria(), judge.Criterion{Name: "overall"}) {
			opinion[c.Name] = map[string]any{"reason": "seen", "score": 1 + int(hash[1][0]+hash[1][1])%5}
		}
		answer, _ := json.Marshal(opinion)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"choices": []any{map[string]any{"finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": string(answer)}}},
			"usage":   map[string]any{"prompt_tokens": 1000, "completion_tokens": 100},
		})
	}))
	t.Cleanup(s.Close)
	s.begin(forAll)
	return s
}

// note reports whether the question is to be answered.
func (s *modelServer) note(path, commit string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if path != s.path()+"/chat/completions" {
		return false
	}
	if len(s.asked) == 0 {
		close(s.first)
	}
	s.asked = append(s.asked, commit)
	return len(s.asked) <= s.answers
}

// forAll is more answers than there are questions.
const forAll = math.MaxInt

// begin forgets what was asked, has answers for the next run, and gives what is
// closed at its first question.
func (s *modelServer) begin(answers int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run++
	s.answers, s.asked, s.first = answers, nil, make(chan struct{})
	return s.first
}

// endpoint is this run's address.
func (s *modelServer) endpoint() string { return s.URL + s.path() }

func (s *modelServer) path() string { return fmt.Sprintf("/run%d/v1", s.run) }

func (s *modelServer) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

func (s *modelServer) flags(repo, out string, more ...string) []string {
	return append([]string{"-repo", repo, "-endpoint", s.endpoint(), "-model", "judge", "-rubric", s.rubric, "-out", out, "-min-quality", "0"}, more...)
}

// kept gives the commits whose judgments are whole in the file.
func kept(t *testing.T, path string) map[string]int {
	t.Helper()
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	counts := map[string]int{}
	for line := range bytes.Lines(text) {
		if line[len(line)-1] != '\n' {
			break
		}
		var judgment stage.Judgment
		require.NoError(t, json.Unmarshal(line, &judgment))
		counts[judgment.Commit.String()]++
	}
	return counts
}

func TestModelscore(t *testing.T) {
	repo, out := history(t, 200), filepath.Join(t.TempDir(), "scores.jsonl")
	s := newModelServer(t, 0)
	cmd, stdout, stderr := modelscore(t, s.flags(repo, out, "-limit", "40", "-model", "large,small", "-price-in", "1", "-price-out", "2")...)
	require.NoError(t, cmd.Run(), stderr.String())
	n := len(kept(t, out)) // no patch but of binary files, or one too large: not asked about
	assert.Greater(t, n, 35)
	assert.Len(t, s.questions(), 2*n)
	assert.Contains(t, stdout.String(), "model large, rubric teaching/1@")
	assert.Contains(t, stdout.String(), fmt.Sprintf(": %d scored, ", n))
	assert.Contains(t, stdout.String(), fmt.Sprintf("%d000 + %d00 tokens, cost %.4f", n, n, float64(n)*0.0012))
	assert.Contains(t, stdout.String(), fmt.Sprintf("on %d commits: weighted kappa 1.000, rank correlation 1.000", n))
	assert.NotContains(t, stdout.String()+stderr.String(), "sk-secret-key")

	s.begin(forAll)
	cmd, stdout, stderr = modelscore(t, s.flags(repo, out, "-limit", "40", "-model", "large,small")...)
	require.NoError(t, cmd.Run(), stderr.String())
	assert.Empty(t, s.questions(), "nothing is paid for twice")
	assert.Contains(t, stdout.String(), ": 0 scored, ")
	assert.Contains(t, stdout.String(), fmt.Sprintf(", %d from the store, ", n))

	// The best come first: what a smaller limit takes is a part of that.
	small := filepath.Join(t.TempDir(), "scores.jsonl")
	cmd, _, stderr = modelscore(t, s.flags(repo, small, "-limit", "10", "-model", "large")...)
	require.NoError(t, cmd.Run(), stderr.String())
	assert.Len(t, s.questions(), len(kept(t, small)))
	assert.Greater(t, len(kept(t, small)), 7)
	for commit := range kept(t, small) {
		assert.Contains(t, kept(t, out), commit)
	}
}

func TestABudgetStopsCleanlyAndIsResumed(t *testing.T) {
	repo, out := history(t, 200), filepath.Join(t.TempDir(), "scores.jsonl")
	s := newModelServer(t, 0)
	for run := 1; run <= 3; run++ {
		cmd, stdout, stderr := modelscore(t, s.flags(repo, out, "-budget", "12requests")...)
		require.NoError(t, cmd.Run(), stderr.String())
		assert.Len(t, kept(t, out), 12*run)
		assert.Len(t, s.questions(), 12*run)
		assert.Contains(t, stdout.String(), "left for want of budget")
	}
}

func TestMistakesAreToldBeforeAnyWork(t *testing.T) {
	for want, args := range map[string][]string{
		"-model is missing":                        {},
		"there is no tag \"x\"":                    {"-model", "m", "-tags", "x"},
		"-budget 5euro: want an amount":            {"-model", "m", "-budget", "5euro"},
		"-budget 0: want an amount":                {"-model", "m", "-budget", "0"},
		"no prices: give Price":                    {"-model", "m", "-budget", "5"},
		"the endpoint is no address":               {"-model", "m", "-endpoint", "here"},
		"names \"m\" twice":                        {"-model", "m,m"},
		"rubric: open ":                            {"-model", "m", "-rubric", "/nowhere"},
		"MY_UNSET_KEY, which should hold the key,": {"-model", "m", "-key-env", "MY_UNSET_KEY"},
		"-concurrency 0":                           {"-model", "m", "-concurrency", "0"},
		"-dsn reads what the database has":         {"-model", "m", "-dsn", "clickhouse://x", "-rev", "HEAD"},
	} {
		out := filepath.Join(t.TempDir(), "scores.jsonl")
		cmd, _, stderr := modelscore(t, append([]string{"-repo", "../..", "-out", out, "-limit", "1"}, args...)...)
		assert.Error(t, cmd.Run())
		assert.Contains(t, stderr.String(), want)
		assert.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
		assert.NoFileExists(t, out)
	}
}

// Killed at random moments, the command goes on: it asks about no commit again
// whose answer it has kept, and in one run about none twice. So each is asked
// about once, but for those that were under way when the command was killed.
func TestKilledRunsGoOn(t *testing.T) {
	repo, out := history(t, 800), filepath.Join(t.TempDir(), "scores.jsonl")
	s := newModelServer(t, 20*time.Millisecond)
	// With so few answers, no run comes to its end before it is killed, however late
	// that is on a busy machine.
	const kills, concurrency, answersToKilled = 20, 4, 30
	asked := map[string]int{}
	run := func(kill bool, random time.Duration) (killed bool) {
		before := kept(t, out)
		answers := forAll
		if kill {
			answers = answersToKilled
		}
		first := s.begin(answers)
		cmd, _, stderr := modelscore(t, s.flags(repo, out, "-concurrency", fmt.Sprint(concurrency))...)
		require.NoError(t, cmd.Start())
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		if kill {
			select {
			case <-first:
			case err := <-done:
				require.NoError(t, err, stderr.String())
			}
			time.Sleep(random)
			killed = cmd.Process.Signal(syscall.SIGKILL) == nil
		}
		if err := <-done; !killed {
			require.NoError(t, err, stderr.String())
		}
		seen := map[string]bool{}
		for _, commit := range s.questions() {
			assert.Zero(t, before[commit], "asked about, though the answer was kept")
			assert.False(t, seen[commit], "asked about twice in one run")
			seen[commit] = true
			asked[commit]++
		}
		return killed
	}
	killed := 0
	for range kills {
		if run(true, rand.N(160*time.Millisecond)) {
			killed++
		}
	}
	assert.Equal(t, kills, killed, "the history is long enough for all of them")
	run(false, 0)
	again := 0
	for _, n := range asked {
		again += n - 1
	}
	assert.LessOrEqual(t, again, kills*concurrency)
	finally := kept(t, out)
	assert.Len(t, finally, len(asked))
	for commit, n := range finally {
		assert.Equal(t, 1, n, commit)
	}
	t.Logf("%d commits, %d of them asked about again after %d kills", len(asked), again, killed)

	assert.False(t, run(false, 0))
	assert.Empty(t, s.questions())
}

// With COMMITFLOW_OPENAI=http://localhost:8000/v1 the command asks a real server,
// see README.md, whose model COMMITFLOW_OPENAI_MODEL names. The answers of a
// model with random weights fit the schema, and mean nothing.
func TestARealServer(t *testing.T) {
	endpoint := os.Getenv("COMMITFLOW_OPENAI")
	if endpoint == "" {
		t.Skip("set COMMITFLOW_OPENAI to the address of a server, up to /v1, to ask a real model; README.md tells how to make one")
	}
	model := os.Getenv("COMMITFLOW_OPENAI_MODEL")
	if model == "" {
		model = "random"
	}
	repo, out := history(t, 60), filepath.Join(t.TempDir(), "scores.jsonl")
	args := []string{"-repo", repo, "-endpoint", endpoint, "-model", model, "-out", out, "-min-quality", "0", "-limit", "5",
		"-prompt-tokens", "5500", "-temperature", "1", "-concurrency", "1"}
	cmd, stdout, stderr := modelscore(t, args...)
	require.NoError(t, cmd.Run(), stderr.String())
	t.Log(stdout.String())
	assert.Len(t, kept(t, out), 5)
	assert.Contains(t, stdout.String(), "5 scored, 0 failed, 0 from the store")
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	for line := range bytes.Lines(text) {
		var judgment stage.Judgment
		require.NoError(t, json.Unmarshal(line, &judgment))
		assert.Len(t, judgment.Criteria, len(judge.DefaultRubric.Criteria()))
		assert.Positive(t, judgment.PromptTokens)
	}
	cmd, stdout, stderr = modelscore(t, args...)
	require.NoError(t, cmd.Run(), stderr.String())
	assert.Contains(t, stdout.String(), "0 scored, 0 failed, 5 from the store")
	assert.Contains(t, stdout.String(), "0 requests")
}

func TestAnInterruptionKeepsWhatWasAnswered(t *testing.T) {
	repo, out := history(t, 300), filepath.Join(t.TempDir(), "scores.jsonl")
	s := newModelServer(t, 20*time.Millisecond)
	s.begin(20)
	cmd, stdout, stderr := modelscore(t, s.flags(repo, out)...)
	require.NoError(t, cmd.Start())
	for began := time.Now(); len(kept(t, out)) == 0; time.Sleep(time.Millisecond) {
		require.Less(t, time.Since(began), time.Minute, "nothing was answered")
	}
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	began := time.Now()
	assert.Error(t, cmd.Wait())
	assert.Less(t, time.Since(began), time.Second)
	assert.Contains(t, stderr.String(), "modelscore: interrupted: what was answered is kept, and the same command goes on")
	assert.Contains(t, stdout.String(), "scores: "+out)
	assert.NotEmpty(t, kept(t, out))
}
