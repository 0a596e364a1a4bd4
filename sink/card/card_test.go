package card

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// partition is a split whose rows lie in shards with names that begin so.
func partition(prefix string, rows sink.Totals, shards int) sink.Split {
	s := sink.Split{Name: path.Base(prefix), Totals: rows}
	for i := range shards {
		s.Shards = append(s.Shards, sink.Shard{Path: fmt.Sprintf("%s-%05d-of-%05d.jsonl.zst", prefix, i, shards)})
	}
	return s
}

// example is the card of a dataset with rows of so many tokens.
func example(t *testing.T, mode dataset.Mode, format dataset.Format, tokens ...int) *Card {
	t.Helper()
	c := &Card{Mode: mode, Format: format, Manifest: &sink.Manifest{CreatedBy: "commitflow test", Source: "linux.git v6.1", Totals: sink.Totals{Rows: int64(len(tokens))}}, Statistics: &dataset.Statistics{}}
	for _, n := range tokens {
		row := &dataset.Row{Metadata: &dataset.Metadata{Repo: "linux", License: "GPL-2.0-only", Date: "2020-01-02T03:04:05Z", PromptTokens: n}}
		require.NoError(t, c.Statistics.Process(t.Context(), row, func(*dataset.Row) {}))
	}
	c.Manifest.Configs = []sink.Config{{Name: "default", Splits: []sink.Split{partition("data/train", sink.Totals{Rows: int64(len(tokens)), Bytes: 1000, CompressedBytes: 100}, 1)}}}
	return c
}

func front(t *testing.T, c *Card) (head map[string]any, text string) {
	t.Helper()
	readme, err := c.readme()
	require.NoError(t, err)
	rest, ok := strings.CutPrefix(string(readme), "---\n")
	require.True(t, ok)
	yamlText, text, ok := strings.Cut(rest, "\n---\n")
	require.True(t, ok)
	require.NoError(t, yaml.Unmarshal([]byte(yamlText), &head))
	return head, text
}

func TestEveryColumnIsDeclaredAndExplained(t *testing.T) {
	for _, mode := range dataset.Modes() {
		require.NotEmpty(t, modeTexts[mode], mode)
		for _, format := range mode.Formats() {
			columns, err := features(mode.Columns(format))
			require.NoError(t, err)
			seen := map[string]bool{}
			for _, column := range columns {
				assert.NotEmpty(t, columnTexts[column.Name], "%s %s: %s", mode, format, column.Name)
				assert.False(t, seen[column.Name], "%s twice", column.Name)
				seen[column.Name] = true
			}
		}
	}
}

func TestTypes(t *testing.T) {
	type inner struct {
		Path string     `json:"path"`
		Hash stage.Hash `json:"hash"`
	}
	columns, err := features([]any{&struct {
		Text    string      `json:"text"`
		Later   string      `json:"later_date"`
		State   stage.State `json:"state"`
		N       int         `json:"n"`
		Small   uint16      `json:"small"`
		Share   float32     `json:"share"`
		Yes     bool        `json:"yes"`
		Texts   []string    `json:"texts"`
		Structs []inner     `json:"structs"`
		Hidden  string      `json:"-"`
	}{}})
	require.NoError(t, err)
	assert.Equal(t, []feature{
		{Name: "text", Dtype: "string"}, {Name: "later_date", Dtype: "timestamp[s]"}, {Name: "state", Dtype: "string"},
		{Name: "n", Dtype: "int64"}, {Name: "small", Dtype: "uint16"}, {Name: "share", Dtype: "float32"}, {Name: "yes", Dtype: "bool"},
		{Name: "texts", List: "string"}, {Name: "structs", List: []feature{{Name: "path", Dtype: "string"}, {Name: "hash", Dtype: "string"}}},
	}, columns)
	_, err = features([]any{&struct {
		Map map[string]int `json:"map"`
	}{}})
	assert.ErrorContains(t, err, "column map of")
}

func TestFrontMatter(t *testing.T) {
	head, text := front(t, example(t, dataset.ModeStandard, dataset.Alpaca, 10, 20, 30))
	assert.Equal(t, "linux (standard)", head["pretty_name"])
	assert.Equal(t, "gpl-2.0", head["license"])
	assert.Equal(t, []any{"n<1K"}, head["size_categories"])
	assert.Equal(t, []any{map[string]any{"config_name": "default", "data_files": []any{map[string]any{"split": "train", "path": "data/train-*.jsonl.zst"}}}}, head["configs"])
	info := head["dataset_info"].([]any)[0].(map[string]any)
	assert.Equal(t, []any{map[string]any{"name": "train", "num_bytes": 1000, "num_examples": 3}}, info["splits"])
	assert.Equal(t, map[string]any{"name": "instruction", "dtype": "string"}, info["features"].([]any)[0])
	assert.Contains(t, text, "commitflow test from `linux.git v6.1`")
	assert.Contains(t, text, "3 rows, by authors' dates from 2020-01-02 to 2020-01-02")
}

func TestTiersAreConfigsAndAllOfThemTogetherIsTheDefault(t *testing.T) {
	c := example(t, dataset.ModeStandard, dataset.Alpaca, 1)
	c.Manifest.Configs = []sink.Config{
		{Name: "premium", Splits: []sink.Split{
			partition("data/premium/train", sink.Totals{Rows: 5, Bytes: 50, CompressedBytes: 5}, 2),
			partition("data/premium/validation", sink.Totals{Rows: 1, Bytes: 10, CompressedBytes: 1}, 1),
		}},
		{Name: "high", Splits: []sink.Split{
			partition("data/high/train", sink.Totals{Rows: 4, Bytes: 40, CompressedBytes: 4}, 1),
			partition("data/high/validation", sink.Totals{}, 0),
			partition("data/high/test", sink.Totals{}, 1),
		}},
		{Name: "standard", Splits: []sink.Split{partition("data/standard/train", sink.Totals{}, 0)}},
	}
	assert.Equal(t, []config{
		{"default", []split{
			{"train", []string{"data/premium/train-*.jsonl.zst", "data/high/train-*.jsonl.zst"}, 9, 90, 9},
			{"validation", []string{"data/premium/validation-*.jsonl.zst"}, 1, 10, 1},
		}},
		{"premium", []split{
			{"train", []string{"data/premium/train-*.jsonl.zst"}, 5, 50, 5},
			{"validation", []string{"data/premium/validation-*.jsonl.zst"}, 1, 10, 1},
		}},
		{"high", []split{{"train", []string{"data/high/train-*.jsonl.zst"}, 4, 40, 4}}},
	}, c.configs())
	head, _ := front(t, c)
	assert.Equal(t, true, head["configs"].([]any)[0].(map[string]any)["default"])
	assert.Contains(t, string(c.axolotl(&qlora, "set")), "# name: premium")
	assert.Contains(t, string(c.axolotl(&qlora, "set")), "test_datasets:\n  - path: ../set\n    split: validation\n    # name: premium   # only these rows\n    type: alpaca\n")
}

func TestHostileNamesStayText(t *testing.T) {
	c := example(t, dataset.ModeStandard, dataset.Text, 1)
	row := &dataset.Row{Metadata: &dataset.Metadata{Repo: "a: b\n---\n[x](y) | <script>", License: "evil | \n# Heading"}}
	require.NoError(t, c.Statistics.Process(t.Context(), row, func(*dataset.Row) {}))
	c.Manifest.Source = "x` <b>\n# y"
	head, text := front(t, c)
	assert.Contains(t, head["pretty_name"], "a: b")
	assert.NotContains(t, text, "<script>")
	assert.NotContains(t, text, "\n# Heading")
	assert.NotContains(t, text, "\n# y")
	var yamlText map[string]any
	require.NoError(t, yaml.Unmarshal(c.axolotl(&full, `o"d: #`), &yamlText))
	assert.Equal(t, `../o"d: #`, yamlText["datasets"].([]any)[0].(map[string]any)["path"])
}

func TestLicenses(t *testing.T) {
	for want, rows := range map[any]map[string]int64{
		nil:       nil,
		"other":   {"": 2},
		"gpl-2.0": {"GPL-2.0": 1, "GPL-2.0-only": 2, "GPL-2.0+": 1, "GPL-2.0-or-later WITH Linux-syscall-note": 1},
	} {
		assert.Equal(t, want, hubLicense(rows))
	}
	assert.Equal(t, []string{"gpl-2.0", "mit", "other"}, hubLicense(map[string]int64{"(GPL-2.0 OR MIT) AND Foo": 1}))
}

func TestSizeCategories(t *testing.T) {
	for rows, want := range map[int64]string{0: "n<1K", 999: "n<1K", 1000: "1K<n<10K", 99_999: "10K<n<100K", 100_000: "100K<n<1M", 2e12: "n>1T"} {
		assert.Equal(t, want, sizeCategory(rows))
	}
}

func TestSequenceLength(t *testing.T) {
	tests := []struct {
		max, want int
		tokens    []int
	}{
		{4096, 4352, []int{10}},
		{0, 256, []int{10}},
		{0, 1280, []int{1000, 1000, 1100}},
		{0, 32768, []int{100_000}},
		{100_000, 32768, []int{10}},
	}
	for _, test := range tests {
		c := example(t, dataset.ModeStandard, dataset.Alpaca, test.tokens...)
		c.MaxTokens = test.max
		assert.Equal(t, test.want, c.sequenceLength(), "%+v", test)
	}
	c := example(t, dataset.ModeStandard, dataset.Alpaca, 100_000, 5)
	assert.Contains(t, string(c.axolotl(&qlora, "set")), "# 1 of 2 rows are longer and left out")
}

func TestCountsAreToldByReason(t *testing.T) {
	c := example(t, dataset.ModeStandard, dataset.Alpaca, 1)
	_, text := front(t, c)
	assert.Contains(t, text, "stopped after a number of rows")
	c.Report = &stage.Report{Stages: []stage.StageReport{{Name: "filter", In: 9, Out: 2, Emitted: 2, Dropped: map[string]uint64{"b": 1, "a": 1, "quality": 5}}}}
	_, text = front(t, c)
	assert.Contains(t, text, "| filter | 9 | 2 | quality 5, a 1, b 1 |")
	c.Report.Resumed = 7
	_, text = front(t, c)
	assert.Contains(t, text, "after 7 commits")
}

func TestWriteAndRemove(t *testing.T) {
	dir := t.TempDir()
	c := example(t, dataset.ModePreference, dataset.Messages, 1, 2)
	c.Tips = []string{"abc"}
	c.Settings = map[string]string{"-b": "2", "-a": "1"}
	require.NoError(t, c.Write(dir))
	read := func() (texts []string) {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, entry := range entries {
			text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
			require.NoError(t, err)
			texts = append(texts, entry.Name(), string(text))
		}
		return texts
	}
	first := read()
	require.Len(t, first, 6, "three files and nothing else")
	require.NoError(t, c.Write(dir))
	assert.Equal(t, first, read(), "the same once more")
	require.NoError(t, Remove(dir))
	require.NoError(t, Remove(dir), "nothing is there")
	assert.Empty(t, read())
	assert.ErrorContains(t, c.Write(filepath.Join(dir, "nowhere")), "card: ")
}
