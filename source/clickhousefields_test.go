package source_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// full makes a commit with something in every field, and two elements in the
// lists whose columns have to stay in step.
func full() *stage.Commit {
	patch := "diff --git a/mm/old.c b/mm/new.c\n--- a/mm/old.c\n+++ b/mm/new.c\n@@ -3,2 +3,2 @@ int f(void)\n-\tint a;\n+\tint b;\n \treturn 0;\n"
	parsed, err := stage.ParsePatch(patch)
	if err != nil {
		panic(err)
	}
	c := &stage.Commit{
		Position: 7, Repo: "linux", Hash: stage.Hash{0xaa}, Tree: stage.Hash{0xbb}, Parents: []stage.Hash{{0xcc}, {0xcd}},
		Author:       stage.Signature{Name: "A", Mail: "a@example.org", Seconds: 1113690036, Zone: -700},
		Committer:    stage.Signature{Name: "C", Mail: "c@example.org", Seconds: 1113690037, Zone: 530},
		MappedAuthor: stage.Person{Name: "Mapped A", Mail: "ma@example.org"}, MappedCommitter: stage.Person{Name: "Mapped C", Mail: "mc@example.org"},
		Reviewers: []stage.Person{{Name: "R", Mail: "r@example.org"}, {Name: "S", Mail: "s@example.org"}},
		Bot:       "[bot]",
		Assistance: []stage.Assistance{
			{Agent: "Agent", Model: "model-1", Tools: []string{"sparse", "smatch"}}, {Agent: "Other"}, {Model: "model-2", Tools: []string{"gcc"}},
		},
		Experience: stage.Experience{Commits: 4, Years: 1.5, Subsystems: 2, Reviews: 1},
		Encoding:   "ISO-8859-1",
		Repaired:   []stage.Repair{{Field: "author", What: "not UTF-8: read as Latin-1"}},
		Headers:    []stage.Header{{Key: "gpgsig", Value: "-----BEGIN"}},
		Files: []stage.FileChange{{
			Kind: stage.Renamed, OldPath: "mm/old.c", NewPath: "mm/new.c", OldMode: stage.ModeRegular, NewMode: stage.ModeExecutable,
			OldID: stage.Hash{1}, NewID: stage.Hash{2}, Similarity: 90, Added: 1, Deleted: 1, Patch: patch,
			Hunks: parsed[0].Hunks, License: "GPL-2.0", Before: []byte("before"), After: []byte("after"),
		}, {
			Kind: stage.Added, NewPath: "mm/picture", NewID: stage.Hash{3}, Binary: true, Missing: true, Truncated: true,
		}},
		RenameLimitHit: true,
		PatchID:        stage.Hash{3, 19: 4},
		Subsystems:     []string{"mm", "lib"},
		Maintains:      []string{"SLAB ALLOCATOR", "THE REST"},
		Quality:        stage.Quality{Score: 62.5, Parts: []stage.ScorePart{{Rule: "base", Points: 60}, {Rule: "more", Points: 2.5}}},
		Expertise:      stage.Quality{Score: 20, Parts: []stage.ScorePart{{Rule: "maintainer", Points: 20}}},
		Tags: []stage.Tag{
			{Name: "security", Strength: stage.StrengthCVE, Confidence: 0.5, Evidence: []stage.Evidence{{Rule: "words", Field: "subject", Text: "use after free"}}},
			{Name: "fix", Strength: stage.StrengthSyzbot}, {Name: "driver", Strength: stage.StrengthStable}, {Name: "feature"},
		},
		Links: []stage.Link{
			{Kind: stage.Fixes, Commit: stage.Hash{0xdd}, Basis: stage.ByPrefix, Confidence: stage.ConfidenceLow, SubjectDiffers: true, Partial: true, Days: 30, Releases: 2},
			{Kind: stage.RequiredBy, Commit: stage.Hash{0xde}, Basis: stage.ByPatchID, Confidence: stage.ConfidenceHigh},
		},
		Unresolved: []stage.Reference{{Kind: stage.Reverts, Hex: "12345", Subject: "x", Partial: true, Reason: stage.UnresolvedUnknown}},
		State:      stage.Reapplied,
		FixDepth:   3,
		Stable: []stage.StableRequest{
			{Versions: []string{"5.10+", "6.1"}, NoAutosel: true, Note: "5.10+ and 6.1"}, {}, {Versions: []string{"3.3.x"}, Note: "3.3.x"},
		},
		CVEs: []stage.CVE{
			{ID: "CVE-2024-26581", Role: stage.CVEFix, Score: 7.5, Vector: "CVSS:3.1/AV:L"}, {ID: "CVE-2024-26582", Role: stage.CVEIntroduces},
		},
	}
	c.SetMessage("mm: fix use after free\n\nWhy.\n\nFixes: 123456789abc (\"x\")\n\nAnd more.\n\nSigned-off-by: A <a@example.org>\n")
	return c
}

// Every field of a record comes back, whatever stage has set it, next to a
// commit that has nothing. ModelScores are the affair of sink.ModelScores.
func TestEveryFieldComesBack(t *testing.T) {
	assert.Empty(t, unset(reflect.ValueOf(full()).Elem(), ""), "the commit of this test lacks something")
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		written := []*stage.Commit{full(), {Repo: "linux", Position: 8, Hash: stage.Hash{0xab}}, full()}
		written[2].Position, written[2].Hash = 9, stage.Hash{0xac}
		s := &sink.ClickHouse{Database: db}
		require.NoError(t, s.Open(t.Context()))
		for _, c := range written {
			require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Position: c.Position, Value: c}))
		}
		require.NoError(t, s.Finish(t.Context()))
		require.NoError(t, s.Close())
		read := readBack(t, &source.ClickHouse{Database: db, Contents: true})
		require.Len(t, read, len(written))
		for i, c := range written {
			assert.Equal(t, normal(*c), normal(*read[i]))
		}
	})
}

// unset names the exported fields that are zero in every element.
func unset(v reflect.Value, path string) (names []string) {
	switch {
	case v.Type() == reflect.TypeFor[stage.Hash]() || v.Type() == reflect.TypeFor[[]byte]():
		if v.IsZero() {
			names = append(names, path)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Name != "Blobs" && field.Name != "ModelScores" {
				names = append(names, unset(v.Field(i), path+"."+field.Name)...)
			}
		}
	case v.Kind() == reflect.Slice && v.Len() > 0:
		missing := map[string]int{}
		for i := range v.Len() {
			for _, name := range unset(v.Index(i), path+"[]") {
				missing[name]++
			}
		}
		for name, times := range missing {
			if times == v.Len() {
				names = append(names, name)
			}
		}
	case v.IsZero():
		names = append(names, path)
	}
	return names
}
