package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/examples/internal/command"
	"github.com/commitflow/commitflow/examples/internal/commandtest"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// made writes a dataset as the quickstart does.
func made(t *testing.T, repo string, flags ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "set")
	rows, labels := &command.Rows{}, &command.Labels{}
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	rows.Flags(set)
	labels.Flags(set)
	require.NoError(t, set.Parse(append([]string{"-out", dir}, flags...)))
	require.NoError(t, rows.Check())
	git := &source.Git{Repo: repo}
	history := &command.Repository{Dir: repo}
	require.NoError(t, rows.Open(t.Context(), git, history.Horizon))
	p := stage.New("test")
	commits := labels.Label(stage.From(p, git), git, stage.Workers(1))
	rows.Store(stage.Through(commits, stage.DiffParser{Contents: true}), repo, stage.Workers(1))
	report, err := p.Run(t.Context())
	require.NoError(t, err)
	require.NoError(t, rows.Close(report))
	return dir
}

func TestSoundDatasetsOfEveryModeAndFormat(t *testing.T) {
	repo := commandtest.History(t, 300)
	for _, mode := range dataset.Modes() {
		for _, format := range mode.Formats() {
			dir := made(t, repo, "-mode", string(mode), "-format", string(format), "-max-tokens", "4096")
			report, err := validate(t.Context(), dir, 20, 2)
			require.NoError(t, err)
			if report.Rows == 0 {
				assert.Equal(t, []problem{{"manifest.json", 0, "rows", "the dataset has no rows"}}, report.Problems, "%s %s", mode, format)
				continue
			}
			assert.Empty(t, report.Problems, "%s %s", mode, format)
			checked := report.Patches[patchApplies] + report.Patches[patchPartly]
			assert.Equal(t, mode != dataset.ModeCommitMessage, checked > 0, "%s %s: %v", mode, format, report.Patches)
		}
	}
}

// shardFile is the only shard of the datasets here.
const shardFile = "data/train-00000-of-00001.jsonl.zst"

func readRows(t *testing.T, dir string) []string {
	t.Helper()
	decoder, err := zstd.NewReader(nil)
	require.NoError(t, err)
	defer decoder.Close()
	content, err := os.ReadFile(filepath.Join(dir, shardFile))
	require.NoError(t, err)
	plain, err := decoder.DecodeAll(content, nil)
	require.NoError(t, err)
	return slices.Collect(strings.Lines(string(plain)))
}

func compress(t *testing.T, rows ...string) []byte {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	defer encoder.Close()
	return encoder.EncodeAll([]byte(strings.Join(rows, "")), nil)
}

// entry is a shard and its entry in the manifest.
func entry(t *testing.T, dir, path string, content []byte, rows []string) map[string]any {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, path), content, 0o666))
	sum := sha256.Sum256(content)
	return map[string]any{"path": path, "rows": len(rows), "bytes": len(strings.Join(rows, "")),
		"compressed_bytes": len(content), "sha256": hex.EncodeToString(sum[:])}
}

// rewrite puts other rows into a dataset, and a manifest and card that agree.
func rewrite(t *testing.T, dir string, splits map[string][]string, names ...string) {
	t.Helper()
	total := 0
	var manifestSplits, files, infos []any
	for _, name := range names {
		rows := splits[name]
		total += len(rows)
		shard := entry(t, dir, "data/"+name+"-00000-of-00001.jsonl.zst", compress(t, rows...), rows)
		manifestSplits = append(manifestSplits, map[string]any{"name": name, "rows": len(rows), "shards": []any{shard}})
		files = append(files, fmt.Sprintf("{split: %s, path: 'data/%s-*.jsonl.zst'}", name, name))
		infos = append(infos, fmt.Sprintf("{name: %s, num_examples: %d}", name, len(rows)))
	}
	text, err := json.Marshal(map[string]any{"version": 2, "rows": total, "configs": []any{map[string]any{"name": "default", "splits": manifestSplits}}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o666))

	card, err := os.ReadFile(filepath.Join(dir, cardName))
	require.NoError(t, err)
	_, after, ok := strings.Cut(string(card), "    features:\n")
	require.True(t, ok)
	features, _, ok := strings.Cut(after, "    splits:\n")
	require.True(t, ok)
	head := fmt.Sprintf("---\nconfigs:\n  - {config_name: default, data_files: %v}\ndataset_info:\n  - config_name: default\n    features:\n%s    splits: %v\n---\n",
		list(files), features, list(infos))
	require.NoError(t, os.WriteFile(filepath.Join(dir, cardName), []byte(head), 0o666))
}

func list(texts []any) string {
	parts := make([]string, len(texts))
	for i, text := range texts {
		parts[i] = text.(string)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func TestEachKindOfDamageIsFound(t *testing.T) {
	sound := made(t, commandtest.History(t, 120), "-max-tokens", "0")
	// The row to damage deletes a line of one file, not at its beginning, and leaves nothing out.
	victim := slices.IndexFunc(readRows(t, sound), func(row string) bool {
		_, hunks, ok := strings.Cut(row, `\n+++ b/`)
		return ok && strings.Contains(hunks, `\n-`) && !strings.Contains(hunks, `\n+++ `) && !strings.Contains(hunks, `\n--- `) &&
			!strings.Contains(row, `\n@@ -1,`) && strings.Contains(row, `"left_out":[]`)
	})
	require.GreaterOrEqual(t, victim, 0, "the test's history has such a commit")
	line := fmt.Sprintf("%s:%d", shardFile, victim+1)
	first := func(old, new string) func(*testing.T, string, []string) {
		return func(t *testing.T, dir string, rows []string) {
			changed := strings.Replace(rows[victim], old, new, 1)
			require.NotEqual(t, rows[victim], changed)
			rows[victim] = changed
			rewrite(t, dir, map[string][]string{"train": rows}, "train")
		}
	}
	edit := func(file, old, new string) func(*testing.T, string, []string) {
		return func(t *testing.T, dir string, _ []string) {
			text, err := os.ReadFile(filepath.Join(dir, file))
			require.NoError(t, err)
			changed := bytes.Replace(text, []byte(old), []byte(new), 1)
			require.NotEqual(t, text, changed)
			require.NoError(t, os.WriteFile(filepath.Join(dir, file), changed, 0o666))
		}
	}
	tests := []struct {
		name   string
		damage func(*testing.T, string, []string)
		file   string // and line
		says   string
	}{
		{"no JSON", first("{", ""), line, "no JSON"},
		{"an array", first(`{`, `[{`), line, "no JSON"},
		{"not UTF-8", first(`"id":"`, "\"id\":\"\xff"), line, "not UTF-8"},
		{"half a surrogate pair", first(`"id":"`, `"id":"\ud83d`), line, "surrogate"},
		{"an unknown column", first(`"repo":`, `"repository":`), line, "repository stands where the card has repo"},
		{"a column less", first(`,"left_out":[]`, ``), line, "left_out is missing"},
		{"a column twice", first(`"id":`, `"id":"x","id":`), line, "id stands where the card has repo"},
		{"null", first(`"left_out":[]`, `"left_out":null`), line, "left_out is null"},
		{"a number for a text", first(`"license":"`, `"license":7,"l":"`), line, "license is not of type string: 7"},
		{"a fraction for an integer", first(`"prompt_tokens":`, `"prompt_tokens":0.5,"p":`), line, "prompt_tokens is not of type int64: 0.5"},
		{"an object for a list", first(`"left_out":[]`, `"left_out":{}`), line, "left_out is no list"},
		{"a list of other things", first(`"left_out":[]`, `"left_out":[7]`), line, "left_out holds no object"},
		{"a struct of other fields", first(`"left_out":[]`, `"left_out":[{"file":"x"}]`), line, "file stands where the card has path"},
		{"no date", first(`"date":"`, `"date":"about `), line, "date is not of type timestamp[s]"},
		{"no hash", first(`"commit":"`, `"commit":"x`), line, "want 40 hexadecimal digits"},
		{"an empty text", first(`"instruction":"`, `"instruction":"","i":"`), line, "instruction is empty"},
		{"code at another place", first(`\n@@ -`, `\n@@ -1`), line, "is not shown, and left_out does not say so"},
		{"a patch of other code", func(t *testing.T, dir string, rows []string) {
			at := strings.LastIndex(rows[victim], `\n-`) // a line that the patch deletes
			require.Positive(t, at)
			rows[victim] = rows[victim][:at+3] + "other " + rows[victim][at+3:]
			rewrite(t, dir, map[string][]string{"train": rows}, "train")
		}, line, "in the patch and"},
		{"a patch cut short", first(`\n+++ b/`, `\n*** b/`), line, "cannot be read"},
		{"a repeated row", func(t *testing.T, dir string, rows []string) {
			rewrite(t, dir, map[string][]string{"train": append(rows, rows[0])}, "train")
		}, shardFile, "it says the same as " + shardFile + ":1"},
		{"a repeated id", func(t *testing.T, dir string, rows []string) {
			rewrite(t, dir, map[string][]string{"train": append(rows, rows[0])}, "train")
		}, shardFile, "is that of " + shardFile + ":1"},
		{"a commit in two splits", func(t *testing.T, dir string, rows []string) {
			rewrite(t, dir, map[string][]string{"train": rows[:5], "test": {strings.Replace(rows[4], `"id":"`, `"id":"other`, 1)}}, "train", "test")
		}, "data/test-00000-of-00001.jsonl.zst:1", "is in split train, too"},
		{"a file too much", func(t *testing.T, dir string, rows []string) {
			entry(t, dir, "data/extra.jsonl.zst", compress(t, rows...), rows)
		}, "data/extra.jsonl.zst", "does not list"},
		{"no file", func(t *testing.T, dir string, _ []string) {
			require.NoError(t, os.Remove(filepath.Join(dir, shardFile)))
		}, shardFile, "cannot be read"},
		{"two frames", func(t *testing.T, dir string, rows []string) {
			content := append(compress(t, rows[:2]...), compress(t, rows[2:]...)...)
			require.NoError(t, os.WriteFile(filepath.Join(dir, shardFile), content, 0o666))
		}, shardFile, "2 zstd frames"},
		{"a byte changed", func(t *testing.T, dir string, _ []string) {
			path := filepath.Join(dir, shardFile)
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			content[len(content)/2] ^= 0x55
			require.NoError(t, os.WriteFile(path, content, 0o666))
		}, shardFile, ""},
		{"a file cut short", func(t *testing.T, dir string, _ []string) {
			path := filepath.Join(dir, shardFile)
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, content[:len(content)/2], 0o666))
		}, shardFile, "unexpected EOF"},
		{"another sum", edit("manifest.json", `"sha256": "`, `"sha256": "0`), shardFile, "its SHA-256 is"},
		{"rows of the manifest", edit("manifest.json", `"rows": `, `"rows": 1`), "manifest.json", "rows, and its"},
		{"rows of the card", edit(cardName, "num_examples: ", "num_examples: 1"), cardName, "by the card, and"},
		{"files of the card", edit(cardName, "path: data/train", "path: data/trian"), cardName, "names no file"},
		{"the card's split", edit(cardName, "- split: train", "- split: test"), cardName, "is in split train"},
		{"front matter that is no YAML", edit(cardName, "pretty_name: ", "pretty_name: ["), cardName, "its front matter"},
		{"no front matter", edit(cardName, "---\n", "\n"), cardName, "no front matter"},
		{"no card", func(t *testing.T, dir string, _ []string) {
			require.NoError(t, os.Remove(filepath.Join(dir, cardName)))
		}, cardName, "there is no card"},
		{"a path that leads out", edit("manifest.json", `"data/train`, `"../data/train`), "manifest.json", "leads out"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "set")
			require.NoError(t, os.CopyFS(dir, os.DirFS(sound)))
			test.damage(t, dir, readRows(t, dir))
			report, err := validate(t.Context(), dir, 1000, 2)
			require.NoError(t, err)
			found := false
			var all []string
			for _, p := range report.Problems {
				all = append(all, p.String())
				found = found || strings.HasPrefix(p.String(), test.file) && strings.Contains(p.Why, test.says)
			}
			assert.True(t, found, "want %s … %s among\n%s", test.file, test.says, strings.Join(all[:min(len(all), 10)], "\n"))
		})
	}
	t.Run("none", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "set")
		require.NoError(t, os.CopyFS(dir, os.DirFS(sound)))
		rows := readRows(t, dir)
		rewrite(t, dir, map[string][]string{"train": rows}, "train")
		report, err := validate(t.Context(), dir, 20, 2)
		require.NoError(t, err)
		assert.Empty(t, report.Problems, "rewriting alone is no damage")
	})
}

func TestCommand(t *testing.T) {
	dir := made(t, commandtest.History(t, 60))
	require.NoError(t, run(t.Context(), []string{dir}))
	require.NoError(t, run(t.Context(), []string{"-json", dir}))
	require.NoError(t, os.Remove(filepath.Join(dir, cardName)))
	assert.EqualError(t, run(t.Context(), []string{dir}), dir+": 1 problems")
	assert.ErrorContains(t, run(t.Context(), nil), "one dataset")
	assert.ErrorContains(t, run(t.Context(), []string{t.TempDir()}), "no finished dataset")
}

func TestReportIsBoundedAndReadable(t *testing.T) {
	r := report{Dataset: "d", Rows: 2, Splits: []split{{"train", 2, distribution{1, 2, 3}}}, Patches: map[string]int64{patchApplies: 2},
		ProblemCount: 2, ByCheck: map[string]int64{"rows": 2}, Problems: []problem{{"f", 7, "rows", "id is null"}}}
	var out strings.Builder
	require.NoError(t, r.print(&out))
	assert.Contains(t, out.String(), "f:7: rows: id is null\n… and 1 more")
	assert.Contains(t, out.String(), "d: 2 problems (rows 2)")
}

func TestRunEndsWhenCancelled(t *testing.T) {
	dir := made(t, commandtest.History(t, 60))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := validate(ctx, dir, 20, 1)
	assert.ErrorIs(t, err, context.Canceled)
}

func FuzzParseRow(f *testing.F) {
	columns := []feature{{Name: "instruction", Dtype: "string"}, {Name: "n", Dtype: "int64"},
		{Name: "paths", item: &feature{Dtype: "string"}}, {Name: "left_out", fields: []feature{{Name: "path", Dtype: "string"}, {Name: "changed", Dtype: "bool"}}}}
	patch := `--- a/x\n@@ -1,2 @@\na\nb\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n`
	for _, seed := range []string{
		`{"instruction":"do","n":1,"paths":["a"],"left_out":[{"path":"x","changed":true}]}`,
		`{"text":"` + patch + `","commit":"0123","prompt_tokens":1e99}`,
		`{"prompt":[{"role":"user","content":"` + patch + `"}],"chosen":[],"rejected":"` + patch + `","kind":"fix"}`,
		`{"messages":[{"role":7}],"links":[1,{"kind":null}],"left_out":{}}`,
		`{"a":"\ud83d\ude00\ud83d"}`, `null`, `[`, "\xff", `{"a":{"a":{"a":[[[]]]}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		for _, declared := range [][]feature{nil, columns} {
			row, problems := parseRow(line, declared)
			if row == nil {
				require.NotEmpty(t, problems)
				continue
			}
			row.checkPatch()
		}
	})
}

func FuzzFrames(f *testing.F) {
	encoder, err := zstd.NewWriter(nil)
	require.NoError(f, err)
	one := encoder.EncodeAll([]byte(strings.Repeat("row\n", 1000)), nil)
	f.Add(one, 1)
	f.Add(append(bytes.Clone(one), one...), 3)
	f.Add([]byte("\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"), 100)
	f.Fuzz(func(t *testing.T, content []byte, size int) {
		// Whatever the bytes: they pass unchanged.
		frames := frameCounter{in: bufio.NewReader(bytes.NewReader(content))}
		var out bytes.Buffer
		buffer := make([]byte, max(1, size&0xFFF))
		for {
			n, err := frames.Read(buffer)
			out.Write(buffer[:n])
			if err != nil {
				break
			}
		}
		require.True(t, bytes.Equal(content, out.Bytes()))
	})
}
