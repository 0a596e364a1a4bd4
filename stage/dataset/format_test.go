package dataset_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// row gives an example as the sink writes it in a format.
func row(t *testing.T, f dataset.Format, e *dataset.Example) string {
	t.Helper()
	formatter := dataset.Formatter{Format: f}
	require.NoError(t, formatter.Open(t.Context()))
	var line []byte
	require.NoError(t, formatter.Process(t.Context(), e, func(r *dataset.Row) {
		var err error
		line, err = (&sink.JSONL[*dataset.Row]{}).Encode(nil, r)
		require.NoError(t, err)
		require.Greater(t, r.Size(), len(e.Instruction+e.Input+e.Output+e.Rejected))
		require.Equal(t, "commit "+e.Commit.String(), r.Identity())
	}))
	return strings.TrimSuffix(string(line), "\n")
}

const metadataJSON = `"id":"x/1","repo":"","commit":"0000000000000000000000000000000000000000","date":"","paths":[],"subsystems":[],"tags":[],"quality":0,"license":"",` +
	`"links":[],"state":"in-effect","repaired":false,"prompt_tokens":0,"output_tokens":0,"left_out":[]`

func TestFormats(t *testing.T) {
	e := &dataset.Example{Instruction: "Do.", Input: "a\n", Output: "b\n", Metadata: dataset.Metadata{ID: "x/1"}}
	bare := &dataset.Example{Instruction: "Do.", Output: "b", Metadata: dataset.Metadata{ID: "x/1"}}
	pair := &dataset.Example{Instruction: "Do.", Input: "a", Output: "b", Rejected: "c", Metadata: dataset.Metadata{ID: "x/1"}}
	tests := []struct {
		format dataset.Format
		e      *dataset.Example
		want   string
	}{
		{"", e, `{"instruction":"Do.","input":"a\n","output":"b\n",`},
		{dataset.Alpaca, bare, `{"instruction":"Do.","input":"","output":"b",`},
		{dataset.Messages, e, `{"messages":[{"role":"user","content":"Do.\n\na\n"},{"role":"assistant","content":"b\n"}],`},
		{dataset.PromptCompletion, e, `{"prompt":"Do.\n\na\n","completion":"b\n",`},
		{dataset.PromptCompletion, bare, `{"prompt":"Do.","completion":"b",`},
		{dataset.Text, e, `{"text":"Do.\n\na\n\n\nb\n",`},
		{dataset.PromptCompletion, pair, `{"prompt":"Do.\n\na","chosen":"b","rejected":"c",`},
		{dataset.Messages, pair, `{"prompt":[{"role":"user","content":"Do.\n\na"}],"chosen":[{"role":"assistant","content":"b"}],"rejected":[{"role":"assistant","content":"c"}],`},
	}
	for _, test := range tests {
		require.Equal(t, test.want+metadataJSON+"}", row(t, test.format, test.e))
	}
	for _, format := range []dataset.Format{dataset.Alpaca, dataset.Text} {
		err := dataset.Formatter{Format: format}.Process(t.Context(), pair, nil)
		require.ErrorContains(t, err, "choose prompt-completion or messages")
	}
	require.ErrorContains(t, dataset.Formatter{Format: "sharegpt"}.Open(t.Context()), `no format "sharegpt"`)
	require.Equal(t, map[string]string{"format": "alpaca"}, dataset.Formatter{}.Configuration())
	require.Equal(t, []dataset.Format{dataset.Messages, dataset.PromptCompletion}, dataset.ModePreference.Formats())
	require.Equal(t, dataset.Formats(), dataset.ModeReview.Formats())
}

func TestDetailsAreColumnsToo(t *testing.T) {
	e := &dataset.Example{Instruction: "Do.", Output: "b", Details: &dataset.OptimizeDetails{Figures: []string{"1 s"}}}
	require.True(t, strings.HasSuffix(row(t, dataset.Text, e), `"left_out":[],"figures":["1 s"],"evidence":[]}`))
}

// All rows of a mode have the same keys with the same types, and no two columns have
// the same name, whatever the commit.
func TestRowsOfAModeHaveTheSameColumns(t *testing.T) {
	full, bare := stage.Commit{Subject: "x"}, stage.Commit{Subject: "x"}
	full.Tags = []stage.Tag{{Name: "security", Evidence: []stage.Evidence{{Rule: "r"}}}, {Name: "performance"}}
	full.Links = []stage.Link{{Kind: stage.Requires}}
	full.Body = strings.Repeat("word ", 30)
	bare.Tags = []stage.Tag{{Name: "security"}, {Name: "performance"}}
	bare.Body = full.Body
	for i, c := range []*stage.Commit{&full, &bare} {
		c.Files = []stage.FileChange{fileChange(t, "x.c", twoFunctions, strings.Replace(twoFunctions, "2", "3", 1+i))}
		c.Subject = "fix it faster"
	}
	for _, mode := range dataset.Modes() {
		maker, err := mode.Maker(dataset.Options{Related: &dataset.Related{Commits: noCommits{}}})
		require.NoError(t, err)
		var first map[string]string
		for _, c := range []*stage.Commit{&full, &bare} {
			examples, err := made(t, maker, c)
			if err != nil {
				continue // what needs other commits
			}
			for _, e := range examples {
				var columns map[string]any
				line := row(t, dataset.Alpaca, e)
				require.NoError(t, json.Unmarshal([]byte(line), &columns))
				types := map[string]string{}
				keys := 0
				for key, value := range columns {
					types[key] = typeName(value)
					keys += strings.Count(line, `,"`+key+`":`)
				}
				require.NotContains(t, types, "null")
				if first == nil {
					first = types
				}
				require.Equal(t, first, types, mode)
				require.GreaterOrEqual(t, len(columns), keys, "%s: a column twice", mode)
			}
		}
	}
}

func typeName(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "bool"
	case []any:
		return "list"
	}
	return "null"
}
