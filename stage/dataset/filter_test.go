package dataset_test

import (
	"crypto/sha1"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// reason gives why a filter drops a commit, or "".
func reason(t *testing.T, f *dataset.Filter, c *stage.Commit) string {
	t.Helper()
	require.NoError(t, f.Open(t.Context()))
	passed := false
	err := f.Process(t.Context(), c, func(got *stage.Commit) {
		require.Same(t, c, got)
		passed = true
	})
	why, dropped := stage.DropReason(err)
	require.Equal(t, err != nil, dropped)
	require.Equal(t, dropped, !passed)
	return why
}

func TestFilterConditions(t *testing.T) {
	c := &stage.Commit{
		Hash: stage.Hash{3: 1}, Committer: stage.Signature{Seconds: time.Date(2020, 5, 1, 0, 0, 0, 0, time.UTC).Unix()},
		Quality: stage.Quality{Score: 60}, Subsystems: []string{"drivers/net"}, Experience: stage.Experience{Commits: 10},
		Tags: []stage.Tag{{Name: "security", Strength: stage.StrengthStable}, {Name: "driver"}},
		Files: []stage.FileChange{
			{OldPath: "drivers/net/x.c", NewPath: "drivers/net/x.c", Added: 3, Deleted: 2, License: "GPL-2.0"},
			{NewPath: "drivers/net/Kconfig", Added: 5},
		},
	}
	day := func(d int) time.Time { return time.Date(2020, 5, d, 0, 0, 0, 0, time.UTC) }
	tests := []struct {
		filter dataset.Filter
		want   string
	}{
		{dataset.Filter{}, ""},
		{dataset.Filter{MinQuality: 60, MaxQuality: 60}, ""},
		{dataset.Filter{MinQuality: 60.5}, "quality"},
		{dataset.Filter{MaxQuality: 59}, "quality"},
		{dataset.Filter{Since: day(1), Until: day(2)}, ""},
		{dataset.Filter{Since: day(2)}, "date"},
		{dataset.Filter{Until: day(1)}, "date"},
		{dataset.Filter{Tags: []string{"revert", "driver"}}, ""},
		{dataset.Filter{Tags: []string{"revert"}}, "tags"},
		{dataset.Filter{ExcludeTags: []string{"driver"}}, "excluded tags"},
		{dataset.Filter{MinStrength: stage.StrengthStable}, ""},
		{dataset.Filter{MinStrength: stage.StrengthCVE}, "strength"},
		{dataset.Filter{MinStrength: stage.StrengthStable, Tags: []string{"driver"}}, "strength"},
		{dataset.Filter{Subsystems: []string{"mm", "drivers"}}, ""},
		{dataset.Filter{Subsystems: []string{"mm"}}, "subsystem"},
		{dataset.Filter{Languages: []string{"kconfig", "python"}}, ""},
		{dataset.Filter{Languages: []string{"python"}}, "language"},
		{dataset.Filter{MinExperience: 10}, ""},
		{dataset.Filter{MinExperience: 11}, "experience"},
		{dataset.Filter{MinFiles: 2, MaxFiles: 2}, ""},
		{dataset.Filter{MinFiles: 3}, "files"},
		{dataset.Filter{MaxFiles: 1}, "files"},
		{dataset.Filter{MinLines: 10, MaxLines: 10}, ""},
		{dataset.Filter{MinLines: 11}, "lines"},
		{dataset.Filter{MaxLines: 9}, "lines"},
		{dataset.Filter{Licenses: []string{"gpl-2.0", ""}}, ""},
		{dataset.Filter{Licenses: []string{"GPL-2.0"}}, "licence"},
		{dataset.Filter{NoMerges: true, NoBots: true, NoAssisted: true, InEffect: true, Sample: 1}, ""},
		{dataset.Filter{Sample: 1e-9}, "sample"},
	}
	for _, test := range tests {
		require.Equal(t, test.want, reason(t, &test.filter, c), test.filter.String())
		before, after := reason(t, test.filter.BeforePatches(), c), reason(t, test.filter.AfterPatches(), c)
		require.Equal(t, test.want, before+after, "the two halves are the whole: %s", test.filter.String())
	}
	all := &dataset.Filter{NoMerges: true, NoBots: true, NoAssisted: true, InEffect: true}
	require.Equal(t, "merge", reason(t, all, &stage.Commit{Parents: make([]stage.Hash, 2)}))
	require.Equal(t, "bot", reason(t, all, &stage.Commit{Bot: "name"}))
	require.Equal(t, "machine-assisted", reason(t, all, &stage.Commit{Assistance: []stage.Assistance{{Agent: "x"}}}))
	require.Equal(t, "reverted", reason(t, all, &stage.Commit{State: stage.Reverted}))
	require.Empty(t, reason(t, all, &stage.Commit{State: stage.Reapplied}))
}

func TestSamplesNest(t *testing.T) {
	small, large, kept := 0, 0, 0
	for i := range 5000 {
		c := &stage.Commit{Hash: sha1.Sum(fmt.Append(nil, i))}
		inSmall := reason(t, &dataset.Filter{Sample: 0.1}, c) == ""
		inLarge := reason(t, &dataset.Filter{Sample: 0.3}, c) == ""
		if inSmall {
			small++
			require.True(t, inLarge)
		}
		if inLarge {
			large++
		}
		kept++
	}
	require.InDelta(t, 500, small, 70)
	require.InDelta(t, 1500, large, 110)
}

func TestFilterRefusesConditionsThatMakeNoSense(t *testing.T) {
	day := time.Date(2020, 5, 1, 0, 0, 0, 0, time.UTC)
	for says, f := range map[string]dataset.Filter{
		"quality from -1":         {MinQuality: -1},
		"numbers up to 100":       {MinQuality: 101},
		"quality from 5 to 4":     {MinQuality: 5, MaxQuality: 4},
		"number of files from 2":  {MinFiles: 2, MaxFiles: 1},
		"number of lines from 2":  {MinLines: 2, MaxLines: 1},
		"experience from -1":      {MinExperience: -1},
		"a share from 0 to 1":     {Sample: 1.5},
		"is not before":           {Since: day, Until: day},
		"choose from assembly, a": {Languages: []string{"klingon"}},
	} {
		require.ErrorContains(t, f.Open(t.Context()), says)
	}
}

func TestFilterTellsItsConditions(t *testing.T) {
	require.Equal(t, "none", (&dataset.Filter{}).String())
	f := dataset.Filter{NoBots: true, MinQuality: 50, Tags: []string{"a", "b"}, MinStrength: stage.StrengthStable, Sample: 0.5, MaxLines: 9}
	require.Equal(t, "no bots; quality from 50; tags a,b; strength from stable; lines to 9; a sample of 0.5", f.String())
	require.Equal(t, map[string]string{"conditions": f.String()}, f.Configuration())
}

func TestLanguage(t *testing.T) {
	for path, want := range map[string]string{
		"drivers/x.c": "c", "include/x.h": "c", "arch/arm/lib/x.S": "assembly", "x.dtsi": "devicetree", "lib/Kconfig.debug": "kconfig",
		"Makefile": "make", "scripts/Makefile.lib": "make", "a/Kbuild": "make", "x.py": "python", "doc/x.rst": "text", "README": "text",
		"configs/x_defconfig": "other", "c": "other", "x.": "other", "": "other", "CMakeLists.txt": "cmake",
	} {
		require.Equal(t, want, dataset.Language(path), path)
	}
	require.Contains(t, dataset.Languages(), "c++")
	require.IsIncreasing(t, dataset.Languages())
}

func TestDropListIsInTheOrderOfTheSource(t *testing.T) {
	var list dataset.DropList
	add := func(position int, name, reason string) {
		list.Add(stage.Dropped{Position: stage.Position(position), Identity: name, Stage: "s", Reason: reason})
	}
	a, b := stage.Hash{0xa}, stage.Hash{0xb}
	add(2, "commit "+b.String(), "merge")
	add(1, "commit "+a.String(), "quality")
	add(3, "", "of nobody")
	add(1, "commit "+a.String(), "again")
	require.Equal(t, 3, list.Len())
	want := `{"commit":"` + a.String() + `","stage":"s","reason":"again","of":""}
{"commit":"` + a.String() + `","stage":"s","reason":"quality","of":""}
{"commit":"` + b.String() + `","stage":"s","reason":"merge","of":""}
`
	dir := t.TempDir()
	plain, compressed := filepath.Join(dir, "dropped.jsonl"), filepath.Join(dir, "dropped.jsonl.zst")
	require.NoError(t, list.WriteFile(plain))
	require.NoError(t, list.WriteFile(compressed))
	got, err := os.ReadFile(plain)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
	file, err := os.Open(compressed)
	require.NoError(t, err)
	defer file.Close()
	decoder, err := zstd.NewReader(file)
	require.NoError(t, err)
	defer decoder.Close()
	got, err = io.ReadAll(decoder)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
	require.ErrorIs(t, list.WriteFile(filepath.Join(dir, "nowhere", "x")), os.ErrNotExist)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing half written is left")
	require.False(t, strings.HasPrefix(entries[0].Name(), "."))
}
