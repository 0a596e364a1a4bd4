package score_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/stage"
)

// aJudgment is the n-th of a history's.
func aJudgment(n int) *stage.Judgment {
	return &stage.Judgment{
		Repo: "history", Commit: stage.Hash{1, byte(n >> 8), byte(n)},
		ModelScore: stage.ModelScore{
			Model: "judge", Rubric: "test/1@0", Overall: uint8(1 + n%5), Reason: fmt.Sprintf("reason <%d>", n),
			Criteria: []stage.CriterionScore{{Criterion: "message", Score: 3, Reason: "so \u2028 so"}},
		},
		PromptTokens: 100 + n, AnswerTokens: n, Seconds: 1_700_000_000 + int64(n),
	}
}

func openJournal(t *testing.T, path string) *score.Journal {
	t.Helper()
	j := &score.Journal{Path: path}
	require.NoError(t, j.Open(t.Context()))
	t.Cleanup(func() { assert.NoError(t, j.Close()) })
	return j
}

func TestJournalKeepsJudgments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scores.jsonl")
	j := openJournal(t, path)
	for n := range 1000 {
		require.NoError(t, j.Add(t.Context(), aJudgment(n)))
	}
	other := aJudgment(7)
	other.Model = "other"
	require.NoError(t, j.Add(t.Context(), other))
	newer := aJudgment(8)
	newer.Overall = 1
	require.NoError(t, j.Add(t.Context(), newer))

	check := func(j *score.Journal) {
		t.Helper()
		found, err := j.Find(aJudgment(999).Commit, "judge", "test/1@0")
		require.NoError(t, err)
		assert.Equal(t, aJudgment(999), found)
		found, err = j.Find(newer.Commit, "judge", "test/1@0")
		require.NoError(t, err)
		assert.Equal(t, newer, found, "the later line counts")
		all, err := j.Of(other.Commit)
		require.NoError(t, err)
		assert.Equal(t, []*stage.Judgment{aJudgment(7), other}, all)
		for _, key := range [][2]string{{"judge", "test/2@0"}, {"nobody", "test/1@0"}} {
			found, err := j.Find(other.Commit, key[0], key[1])
			require.NoError(t, err)
			assert.Nil(t, found)
		}
		none, err := j.Of(stage.Hash{9})
		require.NoError(t, err)
		assert.Empty(t, none)
	}
	check(j)
	require.NoError(t, j.Close())
	check(openJournal(t, path))

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, 1002, strings.Count(string(text), "\n"))
	assert.Contains(t, string(text), "reason <3>", "code is not escaped")
}

// What a crash has left of the last line is cut off, wherever it was cut.
func TestATornLineIsCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scores.jsonl")
	j := openJournal(t, path)
	require.NoError(t, j.Add(t.Context(), aJudgment(1)))
	require.NoError(t, j.Add(t.Context(), aJudgment(2)))
	require.NoError(t, j.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	second := strings.Index(string(whole), "\n") + 1
	for _, cut := range []int{second, second + 1, second + 30, len(whole) - 2, len(whole) - 1} {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o666))
		j := &score.Journal{Path: path}
		require.NoError(t, j.Open(t.Context()))
		found, err := j.Find(aJudgment(2).Commit, "judge", "test/1@0")
		require.NoError(t, err)
		assert.Nil(t, found)
		require.NoError(t, j.Add(t.Context(), aJudgment(2)))
		require.NoError(t, j.Close())
		again, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(whole), string(again))
	}
}

func TestJournalRefusesOtherFiles(t *testing.T) {
	for text, want := range map[string]string{
		"# Notes\n":                       "line 1 is no judgment",
		"{}\n":                            "line 1 is no judgment: it lacks a commit",
		"{\"commit\": 3}\n":               "line 1 is no judgment",
		strings.Repeat("x", 9<<20) + "\n": "line 1: it is longer than 8388608 bytes",
		strings.Repeat("[", 1<<20) + "\n": "line 1 is no judgment",
		"{\"commit\": \"" + strings.Repeat("a", 40) + "\", \"model\": \"m\", \"rubric\": \"r\"}\n": "it lacks a commit, a model, a rubric or a score",
	} {
		path := filepath.Join(t.TempDir(), "notes.md")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		j := &score.Journal{Path: path}
		assert.ErrorContains(t, j.Open(t.Context()), want)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, text, string(after), "and leaves them alone")
	}
	assert.ErrorContains(t, (&score.Journal{}).Open(t.Context()), "name a file")
	assert.ErrorContains(t, (&score.Journal{Path: t.TempDir()}).Open(t.Context()), "is a directory")
}

// Two processes would ask about the same commits, and pay twice.
func TestJournalIsForOneProcess(t *testing.T) {
	if path := os.Getenv("JOURNAL_OF_ANOTHER"); path != "" {
		err := (&score.Journal{Path: path}).Open(t.Context())
		require.ErrorIs(t, err, score.ErrJournalInUse)
		return
	}
	path := filepath.Join(t.TempDir(), "scores.jsonl")
	openJournal(t, path)
	other := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestJournalIsForOneProcess$")
	other.Env = append(os.Environ(), "JOURNAL_OF_ANOTHER="+path)
	out, err := other.CombinedOutput()
	require.NoError(t, err, string(out))
}

// Stages share a journal: it is open until the last has closed it.
func TestJournalIsShared(t *testing.T) {
	j := openJournal(t, filepath.Join(t.TempDir(), "scores.jsonl"))
	require.NoError(t, j.Open(t.Context()))
	require.NoError(t, j.Close())
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for n := range 100 {
				assert.NoError(t, j.Add(t.Context(), aJudgment(100*worker+n)))
				_, err := j.Of(aJudgment(n).Commit)
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	found, err := j.Find(aJudgment(777).Commit, "judge", "test/1@0")
	require.NoError(t, err)
	assert.Equal(t, aJudgment(777), found)
	require.NoError(t, j.Close())
	assert.ErrorContains(t, j.Add(t.Context(), aJudgment(1)), "not open")
}

// FuzzJournal: no file makes Open panic, and what it has opened can be read.
func FuzzJournal(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"repo":"r","commit":"0100000000000000000000000000000000000000","model":"m","rubric":"r","overall":3,"criteria":[{"criterion":"c"}]}` + "\n" + `{"repo`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "scores.jsonl")
		require.NoError(t, os.WriteFile(path, text, 0o666))
		j := &score.Journal{Path: path}
		if j.Open(t.Context()) != nil {
			return
		}
		require.NoError(t, j.Add(t.Context(), aJudgment(1)))
		found, err := j.Find(aJudgment(1).Commit, "judge", "test/1@0")
		require.NoError(t, err)
		require.Equal(t, aJudgment(1), found)
		require.NoError(t, j.Close())
	})
}
