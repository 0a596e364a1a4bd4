package schema_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// TestSizes stores the repository that COMMITFLOW_REPO names in the current engine,
// with the whole files of its youngest 3,000 commits under a name of their own, and
// logs what each table and group of columns takes; then what the largest columns
// would take in other forms. The comments of the schema quote it. (Small parts of
// a table keep their columns together, so that these have no sizes of their own.)
func TestSizes(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		t.Skip("set COMMITFLOW_REPO to the directory of a repository to measure the sizes of tables")
	}
	db := database(t, clickhousetest.StartCurrent(t).DSN("commitflow"))
	require.NoError(t, schema.Create(t.Context(), db))
	const commitsWithContents = 3000
	store := func(name string, contents bool, revisions ...string) {
		git := &source.Git{Repo: repo, Name: name, Revisions: revisions}
		p := stage.New("store", stage.OnError(stage.Skip))
		parsed := stage.Through(stage.From(p, git, stage.Workers(0)), stage.DiffParser{Contents: contents}, stage.Workers(0))
		scored := stage.Through(stage.Through(parsed, stage.PatchIDs{}), score.Heuristic{})
		named := stage.Through(scored, &stage.People{Mailmaps: git})
		placed := stage.Through(named, &stage.Maintainers{Mailmaps: git})
		judged := stage.Through(stage.Through(placed, &stage.Authors{}), score.Expertise{})
		linked := stage.Through(stage.Through(judged, stage.Classifier{}), &stage.ChainLinker{Messages: git})
		stage.To(linked, &sink.ClickHouse{Database: db, Releases: git})
		_, err := p.Run(t.Context())
		require.NoError(t, err)
	}
	store("all", false)
	store("contents", true, "HEAD", "--no-merges", fmt.Sprintf("--max-count=%d", commitsWithContents))

	session, err := schema.Open(t.Context(), db)
	require.NoError(t, err)
	defer session.Close()
	execute := func(text string) {
		t.Helper()
		require.NoError(t, session.Do(t.Context(), func() schema.Query { return schema.Query{Text: text} }), text)
	}
	// query gives the first column, a text, and the second, a number.
	query := func(text string) (names []string, values []uint64) {
		t.Helper()
		var name proto.ColStr
		var value proto.ColUInt64
		require.NoError(t, session.Do(t.Context(), func() schema.Query {
			names, values = nil, nil
			return schema.Query{Text: text, Result: proto.Results{{Data: &name}, {Data: &value}}, OnResult: func(context.Context, proto.Block) error {
				for i := range value {
					names, values = append(names, name.Row(i)), append(values, value[i])
				}
				return nil
			}}
		}), text)
		return names, values
	}
	tables := []string{"commits", "file_changes", "commit_tags", "commit_links", "author_expertise"}
	for _, table := range tables {
		execute("OPTIMIZE TABLE " + db.Table(table) + " FINAL")
	}
	groups := []struct{ group, columns string }{
		{"keys and hashes", "repo position file number hash tree parents old_id new_id linked"},
		{"messages", "message subject trailers.key trailers.value trailers.loose"},
		{"people and times", "author_name author_mail author_seconds author_zone committer_name committer_mail committer_seconds committer_zone"},
		{"people by the mailmap", "mapped_author_name mapped_author_mail mapped_committer_name mapped_committer_mail reviewers.name reviewers.mail"},
		{"programs", "bot assistance.agent assistance.model assistance.tools"},
		{"experience and expertise", "author_commits author_years author_subsystems author_reviews maintains expertise expertise_parts.rule expertise_parts.points"},
		{"subsystems", "subsystems"},
		{"patch-id", "patch_id"},
		{"outcome", "state fix_depth"},
		{"stable requests", "stable.versions stable.no_autosel stable.note"},
		{"CVEs", "cves.id cves.role cves.score cves.vector"},
		{"strength, confidence and lifetime", "strength confidence days releases"},
		{"paths", "old_path new_path path"},
		{"patches", "patch"},
		{"hunks' ranges", "hunks.old_start hunks.old_lines hunks.new_start hunks.new_lines"},
		{"contents", "before after"},
		{"quality", "quality quality_parts.rule quality_parts.points"},
	}
	for _, partition := range []string{"all", "contents"} {
		_, commits := query("SELECT 'commits', count() FROM " + db.Table("commits") + " WHERE repo = '" + partition + "'")
		_, files := query("SELECT 'files', count() FROM " + db.Table("file_changes") + " WHERE repo = '" + partition + "'")
		t.Logf("%s: %d commits, %d files", partition, commits[0], files[0])
		total := uint64(0)
		for _, table := range tables {
			where := " FROM system.parts_columns WHERE active AND database = 'commitflow' AND table = '" + table + "' AND partition = '" + partition + "'"
			columns, sizes := query("SELECT column, sum(column_data_compressed_bytes + column_marks_bytes)" + where + " GROUP BY column ORDER BY column")
			_, whole := query("SELECT 'disk', sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'commitflow' AND table = '" + table + "' AND partition = '" + partition + "'")
			_, skips := query("SELECT 'skip indexes', sum(secondary_indices_compressed_bytes) FROM system.parts WHERE active AND database = 'commitflow' AND table = '" + table + "' AND partition = '" + partition + "'")
			total += whole[0]
			per := func(n uint64) string {
				return fmt.Sprintf("%9.3f MB %8.1f bytes a commit", float64(n)/1e6, float64(n)/float64(commits[0]))
			}
			t.Logf("  %-40s %s", table, per(whole[0]))
			rest := uint64(0)
			for i, column := range columns {
				if !slices.ContainsFunc(groups, func(g struct{ group, columns string }) bool {
					return slices.Contains(strings.Fields(g.columns), column)
				}) {
					rest += sizes[i]
				}
			}
			for _, g := range groups {
				sum := uint64(0)
				for i, column := range columns {
					if slices.Contains(strings.Fields(g.columns), column) {
						sum += sizes[i]
					}
				}
				if sum > 0 {
					t.Logf("    %-38s %s", g.group, per(sum))
				}
			}
			t.Logf("    %-38s %s", "other columns", per(rest))
			t.Logf("    %-38s %s", "skip indexes", per(skips[0]))
		}
		t.Logf("  %-40s %9.3f MB %8.1f bytes a commit", "in all", float64(total)/1e6, float64(total)/float64(commits[0]))
	}

	// The same columns in other forms, each in a table of its own.
	from := db.Table("file_changes")
	try := func(what, definition, order, settings, selected string) {
		t.Helper()
		execute("DROP TABLE IF EXISTS commitflow.alternative")
		execute("CREATE TABLE commitflow.alternative (" + definition + ") ENGINE = MergeTree ORDER BY " + order + " SETTINGS " + settings)
		execute("INSERT INTO commitflow.alternative " + selected)
		execute("OPTIMIZE TABLE commitflow.alternative FINAL")
		names, sizes := query("SELECT column, sum(column_data_compressed_bytes) FROM system.parts_columns WHERE active AND table = 'alternative' AND column != 'p' GROUP BY column ORDER BY column")
		var said []string
		for i, name := range names {
			said = append(said, fmt.Sprintf("%s %.3f MB", name, float64(sizes[i])/1e6))
		}
		t.Logf("%-60s %s", what, strings.Join(said, ", "))
	}
	const small = "min_bytes_for_wide_part = 0, index_granularity = 1024"
	const large = "min_bytes_for_wide_part = 0, index_granularity = 8192"
	all := " FROM " + from + " WHERE repo = 'all'"
	for _, codec := range []string{"LZ4", "ZSTD(1)", "ZSTD(3)", "ZSTD(6)", "ZSTD(9)"} {
		try("patch "+codec+" by position", "p UInt64, patch String CODEC("+codec+")", "p", small, "SELECT position, patch"+all)
	}
	try("patch ZSTD(3) by position, granules of 8192", "p UInt64, patch String CODEC(ZSTD(3))", "p", large, "SELECT position, patch"+all)
	try("patch ZSTD(3) by position, blocks of 4 MB", "p UInt64, patch String CODEC(ZSTD(3))", "p",
		small+", min_compress_block_size = 4194304, max_compress_block_size = 4194304", "SELECT position, patch"+all)
	try("patch ZSTD(3) by path, then position", "p UInt64, path String, patch String CODEC(ZSTD(3))", "(path, p)", small, "SELECT position, path, patch"+all)
	for _, codec := range []string{"NONE", "LZ4", "ZSTD(1)", "ZSTD(3)"} {
		try("hashes "+codec, "p UInt64, hash FixedString(20) CODEC("+codec+"), old_id FixedString(20) CODEC("+codec+"), new_id FixedString(20) CODEC("+codec+")",
			"p", small, "SELECT position, hash, old_id, new_id"+all)
	}
	try("hashes ZSTD(1), by path", "p UInt64, path String, old_id FixedString(20) CODEC(ZSTD(1)), new_id FixedString(20) CODEC(ZSTD(1))", "(path, p)", small,
		"SELECT position, path, old_id, new_id"+all)
	for _, kind := range []string{"LowCardinality(String)", "String CODEC(LZ4)", "String CODEC(ZSTD(1))", "String CODEC(ZSTD(3))", "String CODEC(ZSTD(6))"} {
		try("paths "+kind, "p UInt64, old_path "+kind+", new_path "+kind, "p", small, "SELECT position, old_path, new_path"+all)
	}
	try("commit's hash ZSTD(1)", "p UInt64, hash FixedString(20) CODEC(ZSTD(1)), tree FixedString(20) CODEC(ZSTD(1))", "p", small,
		"SELECT position, hash, tree FROM "+db.Table("commits")+" WHERE repo = 'all'")
	try("commit's hash NONE", "p UInt64, hash FixedString(20) CODEC(NONE), tree FixedString(20) CODEC(NONE)", "p", small,
		"SELECT position, hash, tree FROM "+db.Table("commits")+" WHERE repo = 'all'")
	try("files before and after, ZSTD(3)", "p UInt64, before Nullable(String) CODEC(ZSTD(3)), after Nullable(String) CODEC(ZSTD(3))", "p", small,
		"SELECT position, before, after FROM "+from+" WHERE repo = 'contents'")
	try("files before and after, ZSTD(3), by path", "p UInt64, path String, before Nullable(String) CODEC(ZSTD(3)), after Nullable(String) CODEC(ZSTD(3))", "(path, p)", small,
		"SELECT position, path, before, after FROM "+from+" WHERE repo = 'contents'")
	execute("DROP TABLE IF EXISTS commitflow.alternative")
}
