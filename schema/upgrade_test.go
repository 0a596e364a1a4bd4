package schema_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// firstVersion is what a database of version 1 may hold: two commits, the second
// with a file, a tag, a link and a reference that leads nowhere. The column batch
// was in some of them only.
var firstVersion = []string{
	"INSERT INTO %s.commits (repo, position, hash, tree, author_name, author_mail, author_seconds, message, subject," +
		" `trailers.key`, `trailers.value`, files, tags, links, added, bytes, subsystems, quality, `quality_parts.rule`, `quality_parts.points`)" +
		" SELECT 'old', toUInt64(number), toFixedString(concat('ccccccccccccccccccc', toString(number)), 20), toFixedString('tttttttttttttttttttt', 20)," +
		" 'A', 'a@example.org', toInt64(1113690036), 'mm: one\\n\\nWhy.\\n\\nFixes: 12345678 (\"x\")\\n\\nSigned-off-by: A <a@example.org>\\n', 'mm: one'," +
		" ['Signed-off-by'], ['A <a@example.org>'], toUInt32(number), toUInt32(number), toUInt32(2 * number), toUInt64(number), toUInt64(100)," +
		" ['mm'], toFloat32(40), ['base'], [toFloat32(40)] FROM system.numbers LIMIT 2",
	"INSERT INTO %s.file_changes (repo, position, file, hash, author_mail, author_seconds, kind, new_path, new_mode, added, license, patch)" +
		" SELECT 'old', toUInt64(1), toUInt32(0), toFixedString(concat('ccccccccccccccccccc', '1'), 20), 'a@example.org', toInt64(1113690036)," +
		" 'A', 'mm/a.c', toUInt32(33188), toUInt32(1), 'GPL-2.0', 'diff'",
	"INSERT INTO %s.commit_tags (repo, position, number, hash, tag, `evidence.rule`, `evidence.field`, `evidence.text`)" +
		" SELECT 'old', toUInt64(1), toUInt32(0), toFixedString(concat('ccccccccccccccccccc', '1'), 20), 'fix', ['words'], ['subject'], ['one']",
	"INSERT INTO %s.commit_links (repo, position, number, hash, kind, linked, basis, subject_differs, reason, stated_hash, stated_subject)" +
		" SELECT 'old', toUInt64(1), toUInt32(number), toFixedString(concat('ccccccccccccccccccc', '1'), 20), 'fixes'," +
		" toFixedString(if(number = 0, concat('ccccccccccccccccccc', '0'), ''), 20), if(number = 0, 'prefix', ''), toUInt8(number = 0)," +
		" if(number = 0, '', 'unknown'), if(number = 0, '', '12345678'), if(number = 0, '', 'x') FROM system.numbers LIMIT 2",
}

// An older database with rows is brought up to date: its commits read as they
// were, what it knew nothing of being empty, and they can be written anew.
func TestDatabaseOfTheFirstVersion(t *testing.T) {
	hash := func(number byte) (h stage.Hash) {
		copy(h[:], "ccccccccccccccccccc")
		h[19] = number
		return h
	}
	first := &stage.Commit{
		Repo: "old", Hash: hash('0'), Author: stage.Signature{Name: "A", Mail: "a@example.org", Seconds: 1113690036},
		Subsystems: []string{"mm"}, Quality: stage.Quality{Score: 40, Parts: []stage.ScorePart{{Rule: "base", Points: 40}}},
	}
	copy(first.Tree[:], "tttttttttttttttttttt")
	first.SetMessage("mm: one\n\nWhy.\n\nFixes: 12345678 (\"x\")\n\nSigned-off-by: A <a@example.org>\n")
	duplicate := *first
	second := &duplicate
	second.Position, second.Hash = 1, hash('1')
	second.Files = []stage.FileChange{{Kind: stage.Added, NewPath: "mm/a.c", NewMode: stage.ModeRegular, Added: 1, License: "GPL-2.0", Patch: "diff"}}
	second.Tags = []stage.Tag{{Name: "fix", Evidence: []stage.Evidence{{Rule: "words", Field: "subject", Text: "one"}}}}
	second.Links = []stage.Link{{Kind: stage.Fixes, Commit: first.Hash, Basis: stage.ByPrefix, SubjectDiffers: true}}
	second.Unresolved = []stage.Reference{{Kind: stage.Fixes, Hex: "12345678", Subject: "x", Reason: stage.UnresolvedUnknown}}

	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		for name, change := range map[string]string{"batched": "", "unbatched": "ALTER TABLE %s.commits DROP COLUMN batch"} {
			t.Run(name, func(t *testing.T) {
				db := database(t, engine.DSN(name))
				require.NoError(t, schema.CreateVersion(t.Context(), db, 1))
				_, err := schema.Open(t.Context(), db)
				require.ErrorIs(t, err, schema.ErrVersion)
				for _, text := range append([]string{change}, firstVersion...) {
					if text != "" {
						require.NoError(t, schema.Execute(t.Context(), db, fmt.Sprintf(text, "`"+name+"`")), text)
					}
				}

				require.NoError(t, schema.Create(t.Context(), db))
				assert.Equal(t, []*stage.Commit{first, second}, readAll(t, db))

				again := *second
				again.State, again.Reviewers, again.PatchID = stage.Reverted, []stage.Person{{Name: "R", Mail: "r@example.org"}}, stage.Hash{7}
				again.Tags = []stage.Tag{{Name: "security", Strength: stage.StrengthCVE, Confidence: 0.5}}
				again.Links = []stage.Link{{Kind: stage.FixedBy, Commit: first.Hash, Basis: stage.ByHash, Confidence: stage.ConfidenceHigh, Days: 3, Releases: 2}}
				again.Unresolved = nil
				s := &sink.ClickHouse{Database: db}
				require.NoError(t, s.Open(t.Context()))
				defer s.Close()
				require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Position: 1, Value: &again}))
				require.NoError(t, s.Finish(t.Context()))
				assert.Equal(t, []*stage.Commit{first, &again}, readAll(t, db))
			})
		}
	})
}

func readAll(t *testing.T, db schema.Database) (read []*stage.Commit) {
	t.Helper()
	from := &source.ClickHouse{Database: db}
	require.NoError(t, from.Open(t.Context()))
	defer from.Close()
	require.NoError(t, from.Read(t.Context(), func(c *stage.Commit) error { read = append(read, c); return nil }))
	return read
}
