package stage_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/stage"
)

// aRow is a commit with something in every field.
func aRow() *stage.Commit {
	patch := "diff --git a/mm/old.c b/mm/new.c\n--- a/mm/old.c\n+++ b/mm/new.c\n@@ -3,2 +3 @@ int f(void)\n-\tint a;\n \treturn 0;\n"
	c := &stage.Commit{
		Position:     7,
		Repo:         "linux",
		Hash:         stage.Hash{0xaa},
		Tree:         stage.Hash{0xbb},
		Parents:      []stage.Hash{{0xcc}},
		Author:       stage.Signature{Name: "A", Mail: "a@example.org", Seconds: 1113690036, Zone: -700},
		Committer:    stage.Signature{Name: "C", Mail: "c@example.org", Seconds: 1113690037, Zone: 530},
		MappedAuthor: stage.Person{Name: "Mapped A", Mail: "ma@example.org"}, MappedCommitter: stage.Person{Name: "Mapped C", Mail: "mc@example.org"},
		Reviewers:  []stage.Person{{Name: "R", Mail: "r@example.org"}},
		Bot:        "[bot]",
		Assistance: []stage.Assistance{{Agent: "Agent", Model: "model-1", Tools: []string{"sparse"}}},
		Experience: stage.Experience{Commits: 4, Years: 1.5, Subsystems: 2, Reviews: 1},
		Encoding:   "ISO-8859-1",
		Repaired:   []stage.Repair{{Field: "author", What: "not UTF-8: read as Latin-1"}},
		Headers:    []stage.Header{{Key: "gpgsig", Value: "-----BEGIN"}},
		Files: []stage.FileChange{{
			Kind: stage.Renamed, OldPath: "mm/old.c", NewPath: "mm/new.c", OldMode: stage.ModeRegular, NewMode: stage.ModeExecutable,
			OldID: stage.Hash{1}, NewID: stage.Hash{2}, Similarity: 90, Deleted: 1, Patch: patch,
			Hunks:   []stage.Hunk{{OldStart: 3, OldLines: 2, NewStart: 3, NewLines: 1, Heading: "int f(void)", Text: "-\tint a;\n \treturn 0;\n"}},
			License: "GPL-2.0", Before: []byte("before"), After: []byte("after"),
		}},
		RenameLimitHit: true,
		PatchID:        stage.Hash{3},
		Subsystems:     []string{"mm"},
		Quality:        stage.Quality{Score: 62.5, Parts: []stage.ScorePart{{Rule: "base", Points: 62.5}}},
		Maintains:      []string{"SLAB ALLOCATOR"},
		Expertise:      stage.Quality{Score: 20, Parts: []stage.ScorePart{{Rule: "maintainer", Points: 20}}},
		ModelScores: []stage.ModelScore{{
			Model: "judge", Rubric: "teaching/1@3f9c0a5be1d2", Overall: 4, Reason: "it says why",
			Criteria: []stage.CriterionScore{{Criterion: "message", Score: 5, Reason: "clear"}}, Failure: "none",
		}},
		Tags:       []stage.Tag{{Name: "security", Strength: stage.StrengthCVE, Confidence: 0.5, Evidence: []stage.Evidence{{Rule: "words", Field: "subject", Text: "use after free"}}}},
		Links:      []stage.Link{{Kind: stage.Fixes, Commit: stage.Hash{0xdd}, Basis: stage.ByPrefix, Confidence: stage.ConfidenceLow, SubjectDiffers: true, Days: 30, Releases: 2}},
		Unresolved: []stage.Reference{{Kind: stage.Reverts, Hex: "12345", Subject: "x", Partial: true, Reason: stage.UnresolvedUnknown}},
		State:      stage.Reapplied,
		FixDepth:   1,
		Stable:     []stage.StableRequest{{Versions: []string{"5.10+"}, NoAutosel: true, Note: "5.10+"}},
		CVEs:       []stage.CVE{{ID: "CVE-2024-26581", Role: stage.CVEFix, Score: 7.5, Vector: "CVSS:3.1/AV:L"}},
	}
	c.SetMessage("mm: fix use after free\n\nWhy.\n\nSigned-off-by: A <a@example.org>\n")
	return c
}

const rowJSON = `{
	"position": 7,
	"repo": "linux",
	"hash": "aa00000000000000000000000000000000000000",
	"tree": "bb00000000000000000000000000000000000000",
	"parents": ["cc00000000000000000000000000000000000000"],
	"author": {"name": "A", "mail": "a@example.org", "seconds": 1113690036, "zone": -700},
	"committer": {"name": "C", "mail": "c@example.org", "seconds": 1113690037, "zone": 530},
	"mapped_author": {"name": "Mapped A", "mail": "ma@example.org"},
	"mapped_committer": {"name": "Mapped C", "mail": "mc@example.org"},
	"reviewers": [{"name": "R", "mail": "r@example.org"}],
	"bot": "[bot]",
	"assistance": [{"agent": "Agent", "model": "model-1", "tools": ["sparse"]}],
	"experience": {"commits": 4, "years": 1.5, "subsystems": 2, "reviews": 1},
	"message": "mm: fix use after free\n\nWhy.\n\nSigned-off-by: A \u003ca@example.org\u003e\n",
	"subject": "mm: fix use after free",
	"trailers": [{"key": "Signed-off-by", "value": "A \u003ca@example.org\u003e", "loose": false}],
	"encoding": "ISO-8859-1",
	"repaired": [{"field": "author", "what": "not UTF-8: read as Latin-1"}],
	"headers": [{"key": "gpgsig", "value": "-----BEGIN"}],
	"files": [{
		"kind": "R",
		"old_path": "mm/old.c",
		"new_path": "mm/new.c",
		"old_mode": "100644",
		"new_mode": "100755",
		"old_id": "0100000000000000000000000000000000000000",
		"new_id": "0200000000000000000000000000000000000000",
		"similarity": 90,
		"added": 0,
		"deleted": 1,
		"binary": false,
		"patch": "diff --git a/mm/old.c b/mm/new.c\n--- a/mm/old.c\n+++ b/mm/new.c\n@@ -3,2 +3 @@ int f(void)\n-\tint a;\n \treturn 0;\n",
		"hunks": [{"old_start": 3, "old_lines": 2, "new_start": 3, "new_lines": 1, "heading": "int f(void)"}],
		"license": "GPL-2.0",
		"missing": false,
		"truncated": false
	}],
	"rename_limit_hit": true,
	"patch_id": "0300000000000000000000000000000000000000",
	"subsystems": ["mm"],
	"maintains": ["SLAB ALLOCATOR"],
	"quality": {"score": 62.5, "parts": [{"rule": "base", "points": 62.5}]},
	"expertise": {"score": 20, "parts": [{"rule": "maintainer", "points": 20}]},
	"model_scores": [{
		"model": "judge",
		"rubric": "teaching/1@3f9c0a5be1d2",
		"overall": 4,
		"reason": "it says why",
		"criteria": [{"criterion": "message", "score": 5, "reason": "clear"}],
		"failure": "none"
	}],
	"tags": [{"name": "security", "strength": "cve", "confidence": 0.5, "evidence": [{"rule": "words", "field": "subject", "text": "use after free"}]}],
	"links": [{"kind": "fixes", "commit": "dd00000000000000000000000000000000000000", "basis": "prefix", "confidence": "low", "subject_differs": true, "partial": false, "days": 30, "releases": 2}],
	"unresolved": [{"kind": "reverts", "hex": "12345", "subject": "x", "partial": true, "reason": "unknown"}],
	"state": "reapplied",
	"fix_depth": 1,
	"stable": [{"versions": ["5.10+"], "no_autosel": true, "note": "5.10+"}],
	"cves": [{"id": "CVE-2024-26581", "role": "fix", "score": 7.5, "vector": "CVSS:3.1/AV:L"}]
}`

// The keys, their order and the form of each value are what readers of the
// rows rely on.
func TestCommitAsJSON(t *testing.T) {
	row, err := json.Marshal(aRow())
	require.NoError(t, err)
	var want bytes.Buffer
	require.NoError(t, json.Compact(&want, []byte(rowJSON)))
	assert.Equal(t, want.String(), string(row))
}

func TestCommitIsReadBackFromJSON(t *testing.T) {
	var back stage.Commit
	require.NoError(t, json.Unmarshal([]byte(rowJSON), &back))
	back.SetMessage(back.Message) // the body is its end

	want := aRow()
	want.Files[0].Before, want.Files[0].After, want.Files[0].Hunks[0].Text = nil, nil, ""
	assert.Equal(t, want, &back)
}

func TestChangeKindAndFileModeAsText(t *testing.T) {
	for want, value := range map[string]interface{ MarshalText() ([]byte, error) }{
		"A": stage.Added, "T": stage.TypeChanged,
		"000000": stage.ModeNone, "040000": stage.ModeDir, "160000": stage.ModeSubmodule,
	} {
		text, err := value.MarshalText()
		require.NoError(t, err)
		assert.Equal(t, want, string(text))
	}
	var kind stage.ChangeKind
	assert.EqualError(t, kind.UnmarshalText([]byte("AM")), `kind of change "AM": want one letter`)
	assert.Error(t, kind.UnmarshalText(nil))
	var mode stage.FileMode
	assert.ErrorContains(t, mode.UnmarshalText([]byte("100648")), "file mode: ")
	require.NoError(t, mode.UnmarshalText([]byte("0100664")))
	assert.Equal(t, stage.FileMode(0o100664), mode)
}

// A sink takes commits as rows, and writes what the standard library does.
func TestCommitsAreRows(t *testing.T) {
	rows := &sink.JSONL[*stage.Commit]{Dir: t.TempDir()}
	require.NoError(t, rows.Open(t.Context()))
	defer rows.Close()
	row, err := rows.Encode(nil, aRow())
	require.NoError(t, err)
	assert.JSONEq(t, rowJSON, string(row))

	empty, err := rows.Encode(nil, &stage.Commit{})
	require.NoError(t, err)
	assert.NotContains(t, string(empty), "null")
	assert.Equal(t, keys(t, row), keys(t, empty))
}

func keys(t *testing.T, row []byte) []string {
	t.Helper()
	var columns map[string]any
	require.NoError(t, json.Unmarshal(row, &columns))
	return slices.Sorted(maps.Keys(columns))
}

// Every text of a row is repaired, and the row tells; the commit that the row
// was copied from stays as it is.
func TestCommitRepairsUTF8(t *testing.T) {
	sound := *aRow()
	assert.False(t, sound.RepairUTF8())
	assert.Equal(t, *aRow(), sound)

	for i := range textsOf(aRow()) {
		commit, same := aRow(), aRow()
		*textsOf(commit)[i], *textsOf(same)[i] = "a\xff\xfeb", "a\xff\xfeb"
		row := *commit
		require.True(t, row.RepairUTF8())
		assert.Equal(t, "a\uFFFDb", *textsOf(&row)[i])
		assert.Equal(t, stage.Repair{Field: "row", What: "not UTF-8: replaced by U+FFFD"}, row.Repaired[1])
		assert.Equal(t, same, commit)
		assert.False(t, row.RepairUTF8(), "it is sound now")
	}
}

// textsOf finds all texts of a commit, but for those that are constants. What
// Repaired holds comes last, so that it may grow.
func textsOf(c *stage.Commit) []*string {
	repaired := c.Repaired
	c.Repaired = nil
	texts := append(textsIn(reflect.ValueOf(c).Elem()), textsIn(reflect.ValueOf(&repaired).Elem())...)
	c.Repaired = repaired
	return texts
}

func textsIn(v reflect.Value) (texts []*string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				texts = append(texts, textsIn(v.Field(i))...)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts = append(texts, textsIn(v.Index(i))...)
		}
	case reflect.String:
		if text, ok := v.Addr().Interface().(*string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
