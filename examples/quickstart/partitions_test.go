package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/examples/internal/commandtest"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/stage"
)

// readManifest reads what a run has written of its files.
func readManifest(t *testing.T, dir string) *sink.Manifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	require.NoError(t, err)
	m := &sink.Manifest{}
	require.NoError(t, json.Unmarshal(text, m))
	return m
}

// tiered is what a row tells of its tier.
type tiered struct {
	ID     string     `json:"id"`
	Commit stage.Hash `json:"commit"`
	Tier   string     `json:"tier"`
	Score  float32    `json:"tier_score"`
	Model  string     `json:"tier_model"`
	Reason string     `json:"tier_reason"`
}

func TestQuickstartDividesIntoTiersAndSplits(t *testing.T) {
	repo := commandtest.History(t, 300)
	flags := []string{"-repo", repo, "-min-quality", "0", "-validation", "0.2", "-test", "0.2", "-gap", "0", "-tiers", "quality", "-tier-reasons"}
	var first *sink.Manifest
	for _, workers := range []string{"1", "3"} {
		out := filepath.Join(t.TempDir(), "set")
		ran := quickstart(t, append(flags, "-out", out, "-workers", workers)...)
		require.Zero(t, ran.status, ran.stderr)
		m := readManifest(t, out)
		if first == nil {
			first = m
			assert.Contains(t, m.Settings["splits"], "train, validation from ")
			assert.Equal(t, "0", m.Settings["min-quality"], "it is not the default")
			assert.Equal(t, []string{"premium", "high", "standard"}, []string{m.Configs[0].Name, m.Configs[1].Name, m.Configs[2].Name})
			for _, config := range m.Configs {
				for _, split := range config.Splits {
					assert.Contains(t, ran.stdout, fmt.Sprintf("%s/%s: %d rows\n", config.Name, split.Name, split.Rows))
				}
			}
			checkTiers(t, out, m)
		}
		assert.Equal(t, first, m)
	}
}

// checkTiers makes sure that each row is in one tier, which fits its score.
func checkTiers(t *testing.T, out string, m *sink.Manifest) {
	lowest := map[string]float32{"premium": 90, "high": 70, "standard": 50}
	highest := map[string]float32{"premium": 101, "high": 90, "standard": 70}
	seen, rows := map[string]bool{}, int64(0)
	commandtest.EachRow(t, out, func(line []byte) {
		var r tiered
		require.NoError(t, json.Unmarshal(line, &r))
		assert.GreaterOrEqual(t, r.Score, lowest[r.Tier], r.ID)
		assert.Less(t, r.Score, highest[r.Tier], r.ID)
		assert.NotEmpty(t, r.Reason)
		assert.False(t, seen[r.ID])
		seen[r.ID] = true
		rows++
	})
	assert.Equal(t, m.Rows, rows)
	for _, split := range []int{0, 1, 2} {
		total := int64(0)
		for _, config := range m.Configs {
			total += config.Splits[split].Rows
		}
		assert.Positive(t, total, "split %d", split)
	}
}

func TestQuickstartTakesTheScoresOfModels(t *testing.T) {
	repo := commandtest.History(t, 100)
	all := filepath.Join(t.TempDir(), "all")
	require.Zero(t, quickstart(t, "-repo", repo, "-min-quality", "0", "-out", all).status)
	journal := &score.Journal{Path: filepath.Join(t.TempDir(), "scores.jsonl")}
	require.NoError(t, journal.Open(t.Context()))
	given := map[stage.Hash]uint8{}
	commandtest.EachRow(t, all, func(line []byte) {
		var r tiered
		require.NoError(t, json.Unmarshal(line, &r))
		if n := len(given); n < 20 {
			given[r.Commit] = uint8(n%5 + 1)
			judgment := &stage.Judgment{Commit: r.Commit, ModelScore: stage.ModelScore{Model: "judge", Rubric: "r", Overall: given[r.Commit], Reason: "since it is so"}}
			require.NoError(t, journal.Add(t.Context(), judgment))
		}
	})
	require.NoError(t, journal.Close())

	scored := filepath.Join(t.TempDir(), "scored")
	ran := quickstart(t, "-repo", repo, "-min-quality", "0", "-out", scored, "-scores", journal.Path, "-min-model-score", "4", "-tiers", "model", "-tier-reasons")
	require.Zero(t, ran.status, ran.stderr)
	rows := 0
	commandtest.EachRow(t, scored, func(line []byte) {
		var r tiered
		require.NoError(t, json.Unmarshal(line, &r))
		want := tiered{r.ID, r.Commit, "high", 75, "judge", "since it is so"}
		if given[r.Commit] == 5 {
			want.Tier, want.Score = "premium", 100
		}
		assert.Equal(t, want, r)
		assert.GreaterOrEqual(t, given[r.Commit], uint8(4))
		rows++
	})
	assert.Equal(t, 8, rows)
}
