package source

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// windowReader reads commits by their positions.
type windowReader struct {
	session  *schema.Session
	db       schema.Database
	repo     string
	contents bool

	commits commitColumns
	files   fileColumns
	tags    tagColumns
	links   linkColumns
}

// resultColumns are the columns of a table as they are read.
type resultColumns interface {
	// fields lists the expressions to select, and what takes them.
	fields() []field
	// rows gives the number of rows at hand. A row has a position and, among
	// those of its commit, a number.
	rows() int
	positionOf(row int) stage.Position
	numberOf(row int) int
	// addTo adds a row to its commit.
	addTo(c *stage.Commit, row int) error
}

// field is a column of a result.
type field struct {
	expression string
	data       proto.ColResult
}

// read gives the commits at the positions, which are in order.
func (r *windowReader) read(ctx context.Context, positions []uint64) ([]*stage.Commit, error) {
	window := make([]*stage.Commit, 0, len(positions))
	r.commits.prepare()
	begin := func() { window, r.commits.counted = window[:0], r.commits.counted[:0] }
	err := r.each(ctx, positions, "commits", "position", &r.commits, begin, func(row int) error {
		c := &stage.Commit{Repo: r.repo, Position: r.commits.positionOf(row)}
		window = append(window, c)
		return r.commits.addTo(c, row)
	})
	if err != nil {
		return nil, err
	}
	r.files.prepare(r.contents)
	r.tags.prepare()
	r.links.prepare()
	for _, part := range []struct {
		table, order string
		columns      resultColumns
		count        func(rowCounts) int
		reset        func(*stage.Commit)
	}{
		{"file_changes", "position, file", &r.files, func(n rowCounts) int { return n.files },
			func(c *stage.Commit) { c.Files = c.Files[:0] }},
		{"commit_tags", "position, number", &r.tags, func(n rowCounts) int { return n.tags },
			func(c *stage.Commit) { c.Tags = c.Tags[:0] }},
		{"commit_links", "position, number", &r.links, func(n rowCounts) int { return n.links },
			func(c *stage.Commit) { c.Links, c.Unresolved = c.Links[:0], c.Unresolved[:0] }},
	} {
		at := 0
		begin := func() {
			at = 0
			for _, c := range window {
				part.reset(c)
			}
		}
		err := r.each(ctx, positions, part.table, part.order, part.columns, begin, func(row int) error {
			position := part.columns.positionOf(row)
			for at < len(window) && window[at].Position < position {
				at++
			}
			if at == len(window) || window[at].Position != position {
				return nil // the commit itself has not been stored
			}
			if part.columns.numberOf(row) >= part.count(r.commits.counted[at]) {
				return nil // left from an earlier writing, which had more
			}
			return part.columns.addTo(window[at], row)
		})
		if err != nil {
			return nil, err
		}
	}
	return window, r.complete(window)
}

// complete checks that all rows of the commits have come.
func (r *windowReader) complete(window []*stage.Commit) error {
	for i, c := range window {
		want := r.commits.counted[i]
		if len(c.Files) != want.files || len(c.Tags) != want.tags || len(c.Links)+len(c.Unresolved) != want.links {
			return fmt.Errorf("clickhouse: commit %s at position %d has %d files, %d tags and %d links in the database, of %d, %d and %d: write it again",
				c.Hash, c.Position, len(c.Files), len(c.Tags), len(c.Links)+len(c.Unresolved), want.files, want.tags, want.links)
		}
		c.Files, c.Tags = clipped(c.Files), clipped(c.Tags)
		c.Links, c.Unresolved = clipped(c.Links), clipped(c.Unresolved)
	}
	return nil
}

// clipped is nil for an empty slice.
func clipped[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}

// each calls row for every row of a table at the positions, in order; begin is
// called before the first, and again if the server has to be asked again.
func (r *windowReader) each(ctx context.Context, positions []uint64, table, order string, columns resultColumns, begin func(), row func(int) error) error {
	var expressions []string
	var results proto.Results
	for _, f := range columns.fields() {
		expressions = append(expressions, f.expression)
		results = append(results, proto.ResultColumn{Data: f.data})
	}
	var failed error
	err := r.session.Do(ctx, func() schema.Query {
		begin()
		failed = nil
		return schema.Query{
			Text: "SELECT " + strings.Join(expressions, ", ") + " FROM " + r.db.Table(table) + " FINAL" +
				" WHERE repo = {repo:String} AND position IN (" + numbers(positions) + ") ORDER BY " + order,
			Arguments: []schema.Argument{{Name: "repo", Value: r.repo}},
			Result:    results,
			OnResult: func(context.Context, proto.Block) error {
				for i := 0; i < columns.rows() && failed == nil; i++ {
					failed = row(i)
				}
				return nil
			},
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// numbers lists numbers that came from the server. As literals they let every
// version of it look them up in its primary index.
func numbers(values []uint64) string {
	text := make([]byte, 0, 8*len(values))
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, v, 10)
	}
	return string(text)
}
