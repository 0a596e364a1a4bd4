package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/examples/internal/command"
	"github.com/commitflow/commitflow/examples/internal/commandtest"
	"github.com/commitflow/commitflow/stage/dataset"
)

// TestMain lets the test binary be the command, so that exit statuses and what
// is left behind can be looked at from outside.
func TestMain(m *testing.M) {
	if os.Getenv("QUICKSTART_AS_COMMAND") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// row is what a row of alpaca format holds, in part.
type row struct {
	Output     string         `json:"output"`
	Subsystems []string       `json:"subsystems"`
	Tags       []string       `json:"tags"`
	Quality    float32        `json:"quality"`
	State      string         `json:"state"`
	Links      []dataset.Link `json:"links"`
}

type result struct {
	stdout, stderr string
	status         int
}

func quickstart(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr strings.Builder
	command := exec.CommandContext(t.Context(), os.Args[0], args...)
	command.Env = append(os.Environ(), "QUICKSTART_AS_COMMAND=1")
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return result{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

func TestQuickstartWritesATrainingSet(t *testing.T) {
	repo := commandtest.History(t, 300)
	out := filepath.Join(t.TempDir(), "set")
	ran := quickstart(t, "-repo", repo, "-out", out, "-min-quality", "0")
	require.Zero(t, ran.status, ran.stderr)
	got := commandtest.Rows(t, out)
	require.NotEmpty(t, got)
	assert.Contains(t, ran.stdout, fmt.Sprintf("%d rows", len(got)))
	assert.Contains(t, ran.stdout, "manifest.json")
	assert.Contains(t, ran.stdout, "README.md, with axolotl.yaml and axolotl-full.yaml")
	card, err := os.ReadFile(filepath.Join(out, "README.md"))
	require.NoError(t, err)
	tip, err := exec.Command("git", "--git-dir="+repo, "rev-parse", "HEAD").Output()
	require.NoError(t, err)
	assert.Contains(t, string(card), "- `"+strings.TrimSpace(string(tip))+"`")
	assert.Contains(t, string(card), fmt.Sprintf("num_examples: %d", len(got)))
	assert.Contains(t, string(card), "| dataset.Standard | ")

	keys := map[string]string{"instruction": "string", "input": "string", "output": "string", "repo": "string", "commit": "string",
		"date": "string", "paths": "[]interface {}", "subsystems": "[]interface {}", "tags": "[]interface {}", "quality": "float64",
		"license": "string", "links": "[]interface {}", "state": "string", "repaired": "bool",
		"id": "string", "prompt_tokens": "float64", "output_tokens": "float64", "left_out": "[]interface {}"}
	linked := 0
	for _, line := range got {
		var columns map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &columns))
		types := map[string]string{}
		for key, value := range columns {
			types[key] = fmt.Sprintf("%T", value)
		}
		require.Equal(t, keys, types)
		var example row
		require.NoError(t, json.Unmarshal([]byte(line), &example))
		assert.NotEmpty(t, example.Output)
		assert.Contains(t, example.Output, "diff --git ")
		linked += len(example.Links)
	}
	assert.Positive(t, linked, "the synthetic history has fixes and reverts")
}

func TestQuickstartGivesTheSameRowsWithAnyNumberOfWorkers(t *testing.T) {
	repo := commandtest.History(t, 300)
	for _, per := range []string{"commit", "file"} {
		var first []string
		for _, workers := range []string{"1", "3", "0"} {
			out := filepath.Join(t.TempDir(), "set")
			ran := quickstart(t, "-repo", repo, "-out", out, "-per", per, "-min-quality", "30", "-workers", workers)
			require.Zero(t, ran.status, ran.stderr)
			got := commandtest.Rows(t, out)
			if first == nil {
				first = got
			}
			require.Equal(t, first, got, "rows with %s workers", workers)
		}
	}
}

func TestQuickstartFilters(t *testing.T) {
	repo := commandtest.History(t, 300)
	all := filepath.Join(t.TempDir(), "all")
	// A row whose earlier double is filtered out is none, so doubles are kept.
	require.Zero(t, quickstart(t, "-repo", repo, "-out", all, "-min-quality", "0", "-duplicates", "keep").status)
	expect := func(keep func(*row) bool) (lines []string) {
		for _, line := range commandtest.Rows(t, all) {
			var e row
			require.NoError(t, json.Unmarshal([]byte(line), &e))
			if keep(&e) {
				lines = append(lines, line)
			}
		}
		return lines
	}
	has := func(list []string, value string) bool {
		return strings.Contains(" "+strings.Join(list, " ")+" ", " "+value+" ")
	}
	tests := []struct {
		name string
		args []string
		keep func(*row) bool
	}{
		{"quality", []string{"-min-quality", "60"}, func(e *row) bool { return e.Quality >= 60 }},
		{"tags", []string{"-min-quality", "0", "-tags", "driver,revert"}, func(e *row) bool { return has(e.Tags, "driver") || has(e.Tags, "revert") }},
		{"excluded tags", []string{"-min-quality", "0", "-exclude-tags", "driver"}, func(e *row) bool { return !has(e.Tags, "driver") }},
		{"state", []string{"-min-quality", "0", "-no-reverted"}, func(e *row) bool { return e.State != "reverted" }},
		{"subsystems", []string{"-min-quality", "0", "-subsystems", "mm"}, func(e *row) bool { return has(e.Subsystems, "mm") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "set")
			ran := quickstart(t, append([]string{"-repo", repo, "-out", out, "-duplicates", "keep"}, test.args...)...)
			require.Zero(t, ran.status, ran.stderr)
			want := expect(test.keep)
			require.NotEmpty(t, want, "the test's history has such commits")
			assert.Equal(t, want, commandtest.Rows(t, out))
		})
	}
	t.Run("limit", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "set")
		require.Zero(t, quickstart(t, "-repo", repo, "-out", out, "-min-quality", "0", "-duplicates", "keep", "-limit", "5").status)
		assert.Equal(t, commandtest.Rows(t, all)[:5], commandtest.Rows(t, out))
	})
	t.Run("arguments of rev-list", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "set")
		require.Zero(t, quickstart(t, "-repo", repo, "-out", out, "-min-quality", "0", "--", "--max-count=20", "--no-merges").status)
		assert.LessOrEqual(t, len(commandtest.Rows(t, out)), 20)
	})
}

func TestQuickstartWritesEveryModeInEveryFormat(t *testing.T) {
	repo := commandtest.History(t, 300)
	for _, mode := range dataset.Modes() {
		for _, format := range mode.Formats() {
			out := filepath.Join(t.TempDir(), "set")
			ran := quickstart(t, "-repo", repo, "-out", out, "-min-quality", "0", "-mode", string(mode), "-format", string(format), "-max-tokens", "8192")
			require.Zero(t, ran.status, ran.stderr)
			assert.Contains(t, ran.stdout, fmt.Sprintf("\n%d rows", len(commandtest.Rows(t, out))), "%s %s", mode, format)
		}
	}
}

func TestRowsFitIntoASequenceUnlessToldOtherwise(t *testing.T) {
	repo := commandtest.History(t, 300)
	longest := func(flags ...string) (most int) {
		out := filepath.Join(t.TempDir(), "set")
		require.Zero(t, quickstart(t, append([]string{"-repo", repo, "-out", out, "-min-quality", "0"}, flags...)...).status)
		rows := commandtest.Rows(t, out)
		require.NotEmpty(t, rows)
		for _, row := range rows {
			var tokens struct {
				Prompt int `json:"prompt_tokens"`
				Output int `json:"output_tokens"`
			}
			require.NoError(t, json.Unmarshal([]byte(row), &tokens))
			most = max(most, tokens.Prompt+tokens.Output)
		}
		return most
	}
	assert.LessOrEqual(t, longest(), command.DefaultMaxTokens)
	assert.LessOrEqual(t, longest("-max-tokens", "1000"), 1000)
	assert.Greater(t, longest("-max-tokens", "0"), command.DefaultMaxTokens)
}

func TestQuickstartListsWhatItLeavesOut(t *testing.T) {
	repo, dir := commandtest.History(t, 300), t.TempDir()
	list := filepath.Join(dir, "dropped.jsonl")
	ran := quickstart(t, "-repo", repo, "-out", filepath.Join(dir, "set"), "-min-quality", "60", "-max-lines", "50", "-dropped", list)
	require.Zero(t, ran.status, ran.stderr)
	content, err := os.ReadFile(list)
	require.NoError(t, err)
	seen := map[string]int{}
	for line := range strings.Lines(string(content)) {
		var item struct{ Commit, Stage, Reason string }
		require.NoError(t, json.Unmarshal([]byte(line), &item))
		require.Len(t, item.Commit, 40)
		seen[item.Reason]++
	}
	for _, reason := range []string{"quality", "lines"} {
		assert.Positive(t, seen[reason], reason)
		assert.Contains(t, ran.stdout, fmt.Sprintf("%s %d", reason, seen[reason]), "the report counts the same")
	}
	commits, err := exec.Command("git", "--git-dir="+repo, "rev-list", "--count", "HEAD").Output()
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSpace(string(commits)), fmt.Sprint(strings.Count(string(content), "\n")+len(commandtest.Rows(t, filepath.Join(dir, "set")))), "one line or one row each")
}

func TestQuickstartClones(t *testing.T) {
	repo, out := commandtest.History(t, 300), filepath.Join(t.TempDir(), "set")
	clone := filepath.Join(t.TempDir(), "clone.git")
	ran := quickstart(t, "-clone", "file://"+repo, "-repo", clone, "-out", out, "-limit", "1")
	require.Zero(t, ran.status, ran.stderr)
	assert.Len(t, commandtest.Rows(t, out), 1)
	assert.DirExists(t, clone)
}

func TestQuickstartRefusesBadInputInOneLine(t *testing.T) {
	repo, empty, occupied := commandtest.History(t, 300), t.TempDir(), t.TempDir()
	require.NoError(t, exec.Command("git", "init", "-q", empty).Run())
	require.NoError(t, os.WriteFile(filepath.Join(occupied, "precious"), nil, 0o666))
	tests := []struct {
		name string
		args []string
		says string
	}{
		{"no repository", []string{"-repo", t.TempDir()}, "not a git repository"},
		{"no such directory", []string{"-repo", filepath.Join(empty, "nowhere")}, "no such file"},
		{"unknown revision", []string{"-repo", repo, "-rev", "v9.9"}, "unknown revision"},
		{"empty history", []string{"-repo", empty}, "no commits"},
		{"empty range", []string{"-repo", repo, "-rev", "HEAD..HEAD"}, "no commits"},
		{"per what", []string{"-repo", repo, "-per", "hunk"}, "commit or file"},
		{"unknown tag", []string{"-repo", repo, "-tags", "securty"}, "choose from security"},
		{"quality", []string{"-repo", repo, "-min-quality", "101"}, "up to 100"},
		{"unknown mode", []string{"-repo", repo, "-mode", "poetry"}, "choose from standard, bugfix"},
		{"unknown format", []string{"-repo", repo, "-format", "sharegpt"}, "choose from alpaca, messages"},
		{"a format without a place for pairs", []string{"-repo", repo, "-mode", "preference", "-format", "text"}, "choose messages, prompt-completion"},
		{"unknown form of answers", []string{"-repo", repo, "-answer", "prose"}, "patch, blocks, code"},
		{"a mode that has no rows per file", []string{"-repo", repo, "-mode", "review", "-per", "file"}, "whole commits"},
		{"tokens", []string{"-repo", repo, "-max-tokens", "-1"}, "from 0"},
		{"no tokenizer", []string{"-repo", repo, "-tokenizer", filepath.Join(empty, "nowhere")}, "no such file"},
		{"strength", []string{"-repo", repo, "-min-strength", "iron"}, "keyword, stable, syzbot or cve"},
		{"date", []string{"-repo", repo, "-since", "yesterday"}, "2023-01-31"},
		{"language", []string{"-repo", repo, "-languages", "klingon"}, "choose from assembly"},
		{"splits by day and by share", []string{"-repo", repo, "-validation", "0.1", "-test-from", "2023-01-31"}, "use one of the two"},
		{"a day that is none", []string{"-repo", repo, "-test-from", "soon"}, "2023-01-31"},
		{"too much for tests", []string{"-repo", repo, "-test", "1"}, "something for training"},
		{"gap", []string{"-repo", repo, "-test", "0.1", "-gap", "-1"}, "days from 0"},
		{"duplicates in splits", []string{"-repo", repo, "-test", "0.1", "-duplicates", "keep"}, "in another split"},
		{"tiers", []string{"-repo", repo, "-tiers", "gold"}, "off, quality, model"},
		{"reasons without tiers", []string{"-repo", repo, "-tier-reasons"}, "there are no tiers"},
		{"tiers without scores", []string{"-repo", repo, "-tiers", "model"}, "say where they are with -scores"},
		{"model score without scores", []string{"-repo", repo, "-min-model-score", "4"}, "say where they are with -scores"},
		{"scores of nowhere", []string{"-repo", repo, "-scores", filepath.Join(empty, "nowhere")}, "no such file"},
		{"model score", []string{"-repo", repo, "-min-model-score", "NaN"}, "up to 5"},
		{"sample", []string{"-repo", repo, "-sample", "2"}, "0 to 1"},
		{"workers", []string{"-repo", repo, "-workers", "-1"}, "from 0"},
		{"occupied directory", []string{"-repo", repo, "-out", occupied}, "not empty"},
		{"clone of nothing", []string{"-clone", "file://" + empty + "/nowhere", "-repo", filepath.Join(t.TempDir(), "x.git")}, "nowhere"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := test.args
			out := filepath.Join(t.TempDir(), "set")
			if test.name != "occupied directory" {
				args = append(args, "-out", out)
			}
			ran := quickstart(t, args...)
			assert.Equal(t, 1, ran.status)
			last := strings.TrimSpace(ran.stderr)
			if test.name == "clone of nothing" { // after what git itself says
				last = last[strings.LastIndexByte(last, '\n')+1:]
			}
			assert.NotContains(t, last, "\n")
			assert.Contains(t, last, "quickstart: ")
			assert.Contains(t, last, test.says)
			assert.NoFileExists(t, filepath.Join(out, "manifest.json"))
			assert.NoDirExists(t, filepath.Join(out, "data"))
		})
	}
}

func TestQuickstartGoesOnWhereItWasKilled(t *testing.T) {
	t.Run("one file", func(t *testing.T) { goesOn(t) })
	t.Run("splits and tiers", func(t *testing.T) {
		goesOn(t, "-validation", "0.2", "-test", "0.2", "-gap", "0", "-tiers", "quality", "-tier-reasons")
	})
}

func goesOn(t *testing.T, flags ...string) {
	repo := commandtest.History(t, 300)
	dir := t.TempDir()
	whole, set := filepath.Join(dir, "whole"), filepath.Join(dir, "set")
	require.Zero(t, quickstart(t, append(flags, "-repo", repo, "-out", whole)...).status)

	args := append(flags, "-repo", repo, "-out", set, "-checkpoint", filepath.Join(dir, "checkpoint"))
	// By ever more, as a slow machine would need too many lives otherwise.
	for life := 20 * time.Millisecond; ; life += 20*time.Millisecond + life/16 {
		ctx, cancel := context.WithTimeout(t.Context(), life)
		command := exec.CommandContext(ctx, os.Args[0], args...) // killed at the timeout
		command.Env = append(os.Environ(), "QUICKSTART_AS_COMMAND=1")
		out, err := command.CombinedOutput()
		killed := ctx.Err() != nil
		cancel()
		if !killed {
			require.NoError(t, err, "%s", out)
			break
		}
	}
	assert.Equal(t, commandtest.Rows(t, whole), commandtest.Rows(t, set))

	again := quickstart(t, args...)
	require.Zero(t, again.status, again.stderr)
	commits, err := exec.Command("git", "--git-dir="+repo, "rev-list", "--count", "HEAD").Output()
	require.NoError(t, err)
	assert.Contains(t, again.stdout, "resumed at item "+strings.TrimSpace(string(commits)))
	assert.Equal(t, commandtest.Rows(t, whole), commandtest.Rows(t, set))

	other := quickstart(t, append(args, "-min-quality", "60")...)
	assert.Equal(t, 1, other.status)
	assert.Contains(t, other.stderr, `conditions is "quality from 50" there and "quality from 60" now`)
	assert.Equal(t, 1, strings.Count(other.stderr, "\n"), other.stderr)
}
