package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

func TestAddedChecks(t *testing.T) {
	hunk := func(text string) []stage.FileChange {
		return []stage.FileChange{{
			NewPath: "a.c", Added: strings.Count(text, "\n+") + 1, Deleted: strings.Count(text, "\n-"),
			Hunks: []stage.Hunk{{Text: text}},
		}}
	}
	tests := []struct {
		name  string
		files []stage.FileChange
		want  []string
		err   error
	}{
		{"a check", hunk("+\tif (!p)\n+\t\treturn;\n use(p);\n"), []string{"if (!p)"}, nil},
		{"no check", hunk("+\tx = 1;\n"), nil, nil},
		{"removes lines", hunk("+\tif (!p)\n-\tx = 1;\n"), nil, stage.Drop("not a small addition")},
		{"too large", hunk("+if (!a)\n+b\n+c\n+d\n+e\n+f\n"), nil, stage.Drop("not a small addition")},
		{"nothing", nil, nil, stage.Drop("not a small addition")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			err := AddedChecks{}.Process(t.Context(), &stage.Commit{Files: test.files}, func(c Check) { got = append(got, c.Line) })
			assert.Equal(t, test.err, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestRunRefusesWhatIsNoRepository(t *testing.T) {
	_, err := run(t.Context(), filepath.Join(t.TempDir(), "nowhere"), nil)
	require.Error(t, err)
}
