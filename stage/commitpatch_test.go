package stage

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPatchOfACommitIsJoinedWithoutACopyWherePossible(t *testing.T) {
	text := "first\nsecond\nthird\n"
	files := []FileChange{{Patch: text[:6]}, {Patch: text[6:13]}, {Patch: text[13:]}}
	tests := []struct {
		name  string
		files []FileChange
		text  string
		want  string
		same  bool
	}{
		{"all files", files, text, text, true},
		{"the last was taken out", files[:2], text, "first\nsecond\n", true},
		{"the first was taken out", files[1:], text, "second\nthird\n", false},
		{"in another order", []FileChange{files[1], files[0]}, text, "second\nfirst\n", false},
		{"one was changed", []FileChange{files[0], {Patch: "other\n"}, files[2]}, text, "first\nother\nthird\n", false},
		{"no common text", files, "", text, false},
		{"a text too short", files, text[:8], text, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Commit{Files: test.files, patches: test.text}
			require.Equal(t, test.want, c.Patch())
			allocs := testing.AllocsPerRun(10, func() { c.Patch() })
			require.Equal(t, test.same, allocs == 0)
		})
	}
}
