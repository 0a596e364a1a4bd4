package source

import (
	"context"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// ReadAt emits the commits at the positions, which ascend, complete; positions
// that have none are passed over. It may be called while s is open. Selection
// plays no part.
func (s *ClickHouse) ReadAt(ctx context.Context, positions []stage.Position, emit func(*stage.Commit) error) error {
	repo, session, err := s.connected(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	reader := windowReader{session: session, db: s.Database, repo: repo, contents: s.Contents}
	for len(positions) > 0 {
		n := min(len(positions), windowCommits)
		numbers := make([]uint64, n)
		for i, position := range positions[:n] {
			numbers[i] = uint64(position)
		}
		window, err := reader.read(ctx, numbers)
		if err != nil {
			return err
		}
		for _, c := range window {
			if err := emit(c); err != nil {
				return err
			}
		}
		positions = positions[n:]
	}
	return nil
}

// Qualities calls each with the place and the heuristic score of every commit
// with files that fits the selection, in the order of the history. It may be
// called while s is open.
func (s *ClickHouse) Qualities(ctx context.Context, each func(at stage.Position, quality float32) error) error {
	repo, session, err := s.connected(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	conditions, arguments := s.Selection.conditions(s.Database)
	var positions proto.ColUInt64
	var qualities proto.ColFloat32
	var next uint64 // a query that is repeated goes on where it was
	var failed error
	err = session.Do(ctx, func() schema.Query {
		return schema.Query{
			Text: "SELECT position, quality FROM " + s.Database.Table("commits") + " FINAL" +
				" WHERE repo = {repo:String} AND files > 0 AND position >= {from:UInt64}" + conditions + " ORDER BY position",
			Arguments: append([]schema.Argument{{Name: "repo", Value: repo}, {Name: "from", Value: next}}, arguments...),
			Result:    proto.Results{{Data: &positions}, {Data: &qualities}},
			OnResult: func(context.Context, proto.Block) error {
				for i := 0; i < len(positions) && failed == nil; i++ {
					failed = each(stage.Position(positions[i]), qualities[i])
					next = positions[i] + 1
				}
				return failed
			},
		}
	})
	if failed != nil {
		return failed
	}
	return err
}
