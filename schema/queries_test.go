package schema_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/bench/synthetic"
	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// stored writes a synthetic history to a database, and gives its commits.
func stored(t *testing.T, db schema.Database) []*stage.Commit {
	t.Helper()
	repo := filepath.Join(t.TempDir(), "synthetic.git")
	require.NoError(t, synthetic.Generate(t.Context(), synthetic.Options{Dir: repo, Commits: 1500, Files: 150, Seed: 11, MaxFileBytes: 50_000}))
	require.NoError(t, schema.Create(t.Context(), db))
	var commits []*stage.Commit
	git := &source.Git{Repo: repo, Name: "history"}
	p := stage.New("store")
	parsed := stage.Through(stage.From(p, git), stage.DiffParser{})
	named := stage.Through(parsed, &stage.People{Mailmaps: git})
	placed := stage.Through(stage.Through(named, score.Heuristic{}), stage.Subsystems{})
	known := stage.Through(placed, &stage.Authors{})
	linked := stage.Through(stage.Through(known, stage.Classifier{CVEs: someFixes{}}), &stage.ChainLinker{Messages: git})
	kept := stage.Map(linked, "keep", func(_ context.Context, c *stage.Commit) (*stage.Commit, error) {
		commits = append(commits, c)
		return c, nil
	})
	stage.To(kept, &sink.ClickHouse{Database: db, Source: "synthetic"})
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	return commits
}

// someFixes is a list of ten vulnerabilities with several fixes each, the first
// five of which commits are said to have opened.
type someFixes struct{}

func (someFixes) CVEs(commit stage.Hash) []stage.CVE {
	switch n := commit[0]; {
	case n < 10:
		return []stage.CVE{{ID: fmt.Sprintf("CVE-2024-%d", n), Role: stage.CVEFix, Score: float32(n)}}
	case n < 15:
		return []stage.CVE{{ID: fmt.Sprintf("CVE-2024-%d", n-10), Role: stage.CVEIntroduces}}
	}
	return nil
}

// byCVE gives the commits that fix each vulnerability, and those that opened it.
func byCVE(commits []*stage.Commit) (fixes, openings map[string][]*stage.Commit) {
	fixes, openings = map[string][]*stage.Commit{}, map[string][]*stage.Commit{}
	for _, c := range commits {
		for _, v := range c.CVEs {
			if v.Role == stage.CVEFix {
				fixes[v.ID] = append(fixes[v.ID], c)
			} else {
				openings[v.ID] = append(openings[v.ID], c)
			}
		}
	}
	return fixes, openings
}

// tabSeparated undoes what the format escapes.
var tabSeparated = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\'`, `'`)

// ask gives the rows of a question's answer, as text.
func ask(t *testing.T, session *schema.Session, db schema.Database, name string, values map[string]string) [][]string {
	t.Helper()
	i := slices.IndexFunc(schema.Questions(), func(q schema.Question) bool { return q.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	query, err := schema.Questions()[i].Query(db, "history", values)
	require.NoError(t, err)
	var column proto.ColStr
	var rows [][]string
	require.NoError(t, session.Do(t.Context(), func() schema.Query {
		query.Text = "SELECT formatRowNoNewline('TSV', *) FROM (" + strings.TrimPrefix(query.Text, "SELECT formatRowNoNewline('TSV', *) FROM (") + ")"
		query.Result = proto.Results{{Data: &column}}
		query.OnResult = func(context.Context, proto.Block) error {
			for i := range column.Rows() {
				row := strings.Split(column.Row(i), "\t")
				for j := range row {
					row[j] = tabSeparated.Replace(row[j])
				}
				rows = append(rows, row)
			}
			return nil
		}
		return query
	}), name)
	return rows
}

// The answers are compared with what the records themselves say.
func TestQuestions(t *testing.T) {
	db := database(t, clickhousetest.StartCurrent(t).DSN("commitflow"))
	commits := stored(t, db)
	session, err := schema.Open(t.Context(), db)
	require.NoError(t, err)
	defer session.Close()
	for i, c := range commits {
		if i%100 == 0 {
			text := fmt.Sprintf("INSERT INTO %s (repo, model, rubric, hash, score, scored_at) SELECT 'history', 'judge', 'teaching', unhex('%s'), %d, now()",
				db.Table("model_scores"), c.Hash, i/100%6)
			require.NoError(t, session.Do(t.Context(), func() schema.Query { return schema.Query{Text: text} }))
		}
	}

	byHash := map[stage.Hash]*stage.Commit{}
	changes := map[string][]*stage.Commit{} // by path
	for _, c := range commits {
		byHash[c.Hash] = c
		for i := range c.Files {
			path := c.Files[i].Path()
			changes[path] = append(changes[path], c)
		}
	}
	busiest := ""
	for path, by := range changes {
		if len(by) > len(changes[busiest]) || len(by) == len(changes[busiest]) && path < busiest {
			busiest = path
		}
	}
	has := func(c *stage.Commit, kinds ...stage.LinkKind) bool {
		return slices.ContainsFunc(c.Links, func(l stage.Link) bool { return slices.Contains(kinds, l.Kind) })
	}
	countLinks := func(kind stage.LinkKind) (n int) {
		for _, c := range commits {
			for _, l := range c.Links {
				if l.Kind == kind {
					n++
				}
			}
		}
		return n
	}
	sum := func(rows [][]string, column int) (total int) {
		for _, row := range rows {
			n, err := strconv.Atoi(row[column])
			require.NoError(t, err)
			total += n
		}
		return total
	}

	checks := map[string]struct {
		values map[string]string
		check  func(t *testing.T, rows [][]string)
	}{
		"hot_spots": {map[string]string{"years": "1000"}, func(t *testing.T, rows [][]string) {
			for _, row := range rows {
				assert.Equal(t, strconv.Itoa(len(changes[row[0]])), row[1], row[0])
			}
			assert.Equal(t, strconv.Itoa(len(changes[busiest])), rows[0][1])
		}},
		"review_coverage": {nil, func(t *testing.T, rows [][]string) {
			want, reviewed := 0, 0
			for _, c := range commits {
				if c.IsMerge() {
					continue
				}
				want += len(c.Subsystems)
				if slices.ContainsFunc(c.Trailers, func(tr stage.Trailer) bool {
					return (tr.Is("Reviewed-by") || tr.Is("Acked-by")) && !strings.Contains(tr.Value, c.Author.Mail)
				}) {
					reviewed += len(c.Subsystems)
				}
			}
			assert.Equal(t, want, sum(rows, 2))
			assert.Equal(t, reviewed, sum(rows, 3))
			assert.Positive(t, reviewed)
		}},
		"bug_lifetime": {nil, func(t *testing.T, rows [][]string) {
			assert.Equal(t, countLinks(stage.Fixes), sum(rows, 1))
			lifetimes := map[string][]int{} // in releases, by year
			for _, c := range commits {
				for _, l := range c.Links {
					if year := strconv.Itoa(yearOf(c.Committer)); l.Kind == stage.Fixes {
						lifetimes[year] = append(lifetimes[year], l.Releases)
					}
				}
			}
			longest := 0
			for _, row := range rows {
				slices.Sort(lifetimes[row[0]])
				n := len(lifetimes[row[0]])
				assert.Equal(t, []string{strconv.Itoa(lifetimes[row[0]][n/2]), strconv.Itoa(lifetimes[row[0]][n-1])}, row[4:], row)
				longest = max(longest, lifetimes[row[0]][n-1])
			}
			assert.Positive(t, longest)
		}},
		"most_reverted": {nil, func(t *testing.T, rows [][]string) {
			want := 0
			for _, c := range commits {
				if has(c, stage.RevertedBy) {
					want += len(c.Subsystems)
				}
			}
			assert.Equal(t, want, sum(rows, 2))
		}},
		"backport_lag": {nil, func(t *testing.T, rows [][]string) {
			want := 0
			for _, c := range commits {
				for _, l := range c.Links {
					if l.Kind == stage.BackportOf {
						want += len(byHash[l.Commit].Subsystems)
					}
				}
			}
			assert.Equal(t, want, sum(rows, 1))
		}},
		"who_knows_file": {map[string]string{"path": busiest}, func(t *testing.T, rows [][]string) {
			authors := map[string]int{}
			for _, c := range changes[busiest] {
				authors[c.Author.Mail]++
			}
			for _, row := range rows {
				assert.Equal(t, strconv.Itoa(authors[row[0]]), row[1], row[0])
			}
			assert.Len(t, rows, min(len(authors), 20))
		}},
		"best_to_train_on": {map[string]string{"quality": "40", "lines": "30"}, func(t *testing.T, rows [][]string) {
			want := 0
			for _, c := range commits {
				lines := 0
				for i := range c.Files {
					lines += c.Files[i].Added + c.Files[i].Deleted
				}
				if c.Quality.Score >= 40 && !c.IsMerge() && lines >= 1 && lines <= 30 && !has(c, stage.Reverts, stage.RevertedBy, stage.FixedBy) {
					want++
				}
			}
			assert.Len(t, rows, min(want, 100))
		}},
		"tags_by_year": {nil, func(t *testing.T, rows [][]string) {
			want := map[string]int{}
			for _, c := range commits {
				for _, tag := range c.Tags {
					want[fmt.Sprint(yearOf(c.Committer), tag.Name)]++
				}
			}
			for _, row := range rows {
				assert.Equal(t, strconv.Itoa(want[row[0]+row[1]]), row[2], row)
			}
			assert.Len(t, rows, len(want))
		}},
		"tag_evidence": {map[string]string{"tag": "driver"}, func(t *testing.T, rows [][]string) {
			assert.NotEmpty(t, rows)
		}},
		"fix_chains": {nil, func(t *testing.T, rows [][]string) {
			for _, row := range rows {
				hash, err := stage.ParseHash(row[0])
				require.NoError(t, err)
				n := 0
				for _, l := range byHash[hash].Links {
					if l.Kind == stage.FixedBy {
						n++
					}
				}
				assert.Equal(t, strconv.Itoa(n), row[1])
			}
		}},
		"unresolved_references": {nil, func(t *testing.T, rows [][]string) {
			want := 0
			for _, c := range commits {
				want += len(c.Unresolved)
			}
			assert.Equal(t, want, sum(rows, 2))
		}},
		"bus_factor": {map[string]string{"changes": "1"}, nil},
		"experience_at_commit": {map[string]string{"commit": changes[busiest][len(changes[busiest])-1].Hash.String()}, func(t *testing.T, rows [][]string) {
			i := slices.IndexFunc(rows, func(row []string) bool { return row[0] == busiest })
			require.GreaterOrEqual(t, i, 0)
			assert.Equal(t, strconv.Itoa(len(changes[busiest])-1), rows[i][1])
		}},
		"changed_together": {map[string]string{"path": busiest}, func(t *testing.T, rows [][]string) {
			together := 0
			for _, c := range changes[busiest] {
				if len(c.Files) <= 20 && slices.ContainsFunc(c.Files, func(f stage.FileChange) bool { return f.Path() == rows[0][0] }) {
					together++
				}
			}
			assert.Equal(t, strconv.Itoa(together), rows[0][1])
		}},
		"file_history": {map[string]string{"path": busiest}, func(t *testing.T, rows [][]string) {
			assert.Len(t, rows, min(len(changes[busiest]), 100))
			assert.Equal(t, changes[busiest][len(changes[busiest])-1].Hash.String(), rows[0][2])
		}},
		"reviewers": {nil, nil},
		"quality_parts": {nil, func(t *testing.T, rows [][]string) {
			want := 0
			for _, c := range commits {
				want += len(c.Quality.Parts)
			}
			assert.Equal(t, want, sum(rows, 1))
		}},
		"models_disagree": {nil, func(t *testing.T, rows [][]string) {
			judged := 0
			for i := 0; i < len(commits); i += 100 {
				if i/100%6 > 0 { // 0 is a failure
					judged++
				}
			}
			require.Len(t, rows, judged)
			for _, row := range rows {
				var values [3]float64 // quality, verdict, difference
				for i := range values {
					var err error
					values[i], err = strconv.ParseFloat(row[1+i], 64)
					require.NoError(t, err)
				}
				assert.InDelta(t, math.Abs(values[1]-values[0]), values[2], 1e-3)
			}
		}},
		"vulnerabilities": {nil, func(t *testing.T, rows [][]string) {
			fixes, openings := byCVE(commits)
			all := map[string]bool{}
			nFixes, nOpenings := 0, 0
			for id, by := range fixes {
				all[id], nFixes = true, nFixes+len(by)
			}
			for id, by := range openings {
				all[id], nOpenings = true, nOpenings+len(by)
			}
			assert.Len(t, rows, len(all))
			assert.Equal(t, []int{nFixes, nOpenings}, []int{sum(rows, 2), sum(rows, 3)})
			assert.Positive(t, nOpenings)
		}},
		"vulnerability_lifetime": {nil, func(t *testing.T, rows [][]string) {
			fixes, openings := byCVE(commits)
			want := map[string]int{}
			for id, by := range fixes {
				for _, fix := range by {
					if len(openings[id]) == 0 {
						want[id+fix.Hash.String()] = 0
					}
					for _, opening := range openings[id] {
						want[id+fix.Hash.String()+opening.Hash.String()] = max(0, int(fix.Committer.Seconds-opening.Committer.Seconds)/86400)
					}
				}
			}
			assert.Len(t, rows, min(len(want), 100))
			for _, row := range rows {
				days, ok := want[row[0]+row[2]+row[4]]
				assert.True(t, ok, row)
				assert.Equal(t, strconv.Itoa(days), row[5], row)
			}
			assert.NotEmpty(t, rows[0][4])
		}},
		"stable_missing": {nil, func(t *testing.T, rows [][]string) {
			want := map[string]string{}
			for _, c := range commits {
				asked := slices.ContainsFunc(c.Stable, func(r stage.StableRequest) bool { return !r.NoAutosel })
				if asked && c.State != stage.Reverted && !has(c, stage.BackportedTo, stage.BackportOf) {
					want[c.Hash.String()] = c.Subject
				}
			}
			assert.Len(t, rows, min(len(want), 100))
			for _, row := range rows {
				assert.Equal(t, want[row[0]], row[3])
			}
		}},
		"review_load": {nil, func(t *testing.T, rows [][]string) {
			type load struct {
				commits int
				authors map[string]bool
			}
			want := map[string]*load{}
			for _, c := range commits {
				for _, r := range c.Reviewers {
					if r.Mail == "" || r.Mail == c.MappedAuthor.Mail {
						continue
					}
					if want[r.Mail] == nil {
						want[r.Mail] = &load{authors: map[string]bool{}}
					}
					want[r.Mail].commits++
					want[r.Mail].authors[c.MappedAuthor.Mail] = true
				}
			}
			assert.Len(t, rows, min(len(want), 100))
			for _, row := range rows {
				require.NotNil(t, want[row[0]], row)
				assert.Equal(t, []string{strconv.Itoa(want[row[0]].commits), strconv.Itoa(len(want[row[0]].authors))}, row[2:4], row)
			}
		}},
		"tag_strength": {nil, func(t *testing.T, rows [][]string) {
			want := map[string]int{}
			for _, c := range commits {
				for _, tag := range c.Tags {
					want[tag.Name+tag.Strength.String()]++
				}
			}
			assert.Len(t, rows, len(want))
			for _, row := range rows {
				assert.Equal(t, strconv.Itoa(want[row[0]+row[1]]), row[2], row)
			}
		}},
		"reverted_for_good": {nil, func(t *testing.T, rows [][]string) {
			want := 0
			for _, c := range commits {
				if c.State == stage.Reverted {
					want++
				}
			}
			assert.Positive(t, want)
			assert.Len(t, rows, min(want, 100))
		}},
		"programs": {nil, func(t *testing.T, rows [][]string) {
			made, assisted := 0, 0
			for _, c := range commits {
				if c.Bot != "" {
					made++
				}
				if len(c.Assistance) > 0 {
					assisted++
				}
			}
			assert.Equal(t, []int{len(commits), made, assisted}, []int{sum(rows, 1), sum(rows, 2), sum(rows, 3)})
		}},
		"newcomers": {nil, func(t *testing.T, rows [][]string) {
			first, reviewed := 0, 0
			for _, c := range commits {
				if !c.IsMerge() && c.Experience.Commits == 0 && c.MappedAuthor.Mail != "" {
					first++
					if len(c.Reviewers) > 0 {
						reviewed++
					}
				}
			}
			assert.Positive(t, reviewed)
			assert.Equal(t, []int{first, reviewed}, []int{sum(rows, 1), sum(rows, 2)})
		}},
		"stable_requests": {nil, func(t *testing.T, rows [][]string) {
			requests, brought := 0, 0
			for _, c := range commits {
				if len(c.Stable) > 0 {
					requests++
					if has(c, stage.BackportedTo) {
						brought++
					}
				}
			}
			assert.Positive(t, requests)
			assert.Equal(t, []int{requests, brought}, []int{sum(rows, 1), sum(rows, 2)})
		}},
		"growth": {nil, func(t *testing.T, rows [][]string) {
			merges := 0
			for _, c := range commits {
				if c.IsMerge() {
					merges++
				}
			}
			assert.Equal(t, len(commits)-merges, sum(rows, 1))
		}},
		"runs": {nil, func(t *testing.T, rows [][]string) {
			require.Len(t, rows, 1)
			assert.Equal(t, "synthetic", rows[0][2])
			assert.Equal(t, strconv.Itoa(len(commits)), rows[0][6])
			assert.Equal(t, "finished", rows[0][8])
		}},
	}
	assert.Len(t, schema.Questions(), len(checks))
	for _, q := range schema.Questions() {
		t.Run(q.Name, func(t *testing.T) {
			assert.NotEmpty(t, q.About)
			c, ok := checks[q.Name]
			require.True(t, ok, "no check for this question")
			rows := ask(t, session, db, q.Name, c.values)
			require.NotEmpty(t, rows)
			t.Logf("%d rows, the first: %q", len(rows), rows[0])
			if c.check != nil {
				c.check(t, rows)
			}
		})
	}
}

// Most of the questions need no more than a server of 2018 can do. The others
// join more than two tables, or use names of a kind that it does not know.
func TestQuestionsOnAnOldServer(t *testing.T) {
	db := database(t, clickhousetest.StartServer(t).DSN("commitflow"))
	stored(t, db)
	session, err := schema.Open(t.Context(), db)
	require.NoError(t, err)
	defer session.Close()
	for _, name := range oldQuestions {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(schema.Questions(), func(q schema.Question) bool { return q.Name == name })
			query, err := schema.Questions()[i].Query(db, "history", nil)
			require.NoError(t, err)
			var results proto.Results
			rows := 0
			require.NoError(t, session.Do(t.Context(), func() schema.Query {
				query.Result = results.Auto()
				query.OnResult = func(_ context.Context, block proto.Block) error {
					rows += block.Rows
					return nil
				}
				return query
			}))
			assert.Positive(t, rows)
		})
	}
}

var oldQuestions = []string{
	"best_to_train_on",
	"bus_factor",
	"changed_together",
	"file_history",
	"growth",
	"hot_spots",
	"most_reverted",
	"quality_parts",
	"review_load",
	"reviewers",
	"runs",
	"stable_missing",
	"tag_evidence",
	"tag_strength",
	"unresolved_references",
	"who_knows_file",
}

func TestQuestionsRefuseWrongValues(t *testing.T) {
	hot := schema.Questions()[slices.IndexFunc(schema.Questions(), func(q schema.Question) bool { return q.Name == "hot_spots" })]
	_, err := hot.Query(schema.Database{}, "x", map[string]string{"years": "two"})
	assert.ErrorContains(t, err, `question hot_spots: years="two": want a number`)
	_, err = hot.Query(schema.Database{}, "x", map[string]string{"year": "2"})
	assert.ErrorContains(t, err, "no such parameter")
}

// yearOf is what the database can hold of a year.
func yearOf(s stage.Signature) int {
	s.Seconds = min(max(s.Seconds, 0), 1<<32-1)
	return s.Time().Year()
}
