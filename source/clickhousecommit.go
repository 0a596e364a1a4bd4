package source

import (
	"context"
	"fmt"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

var _ stage.Commits = (*ClickHouse)(nil)

// Commit gives a commit of the repository, whether it fits the selection or not,
// with its patches and, with Contents, its files. It matches [stage.ErrMissing] where
// the database holds none of that hash. It may be called by several goroutines at
// once; each call asks the server some five times.
func (s *ClickHouse) Commit(ctx context.Context, hash stage.Hash) (*stage.Commit, error) {
	repo, err := s.opened()
	if err != nil {
		return nil, err
	}
	reader, err := s.lookUp(ctx, repo)
	if err != nil {
		return nil, err
	}
	var column proto.ColUInt64
	var positions []uint64
	err = reader.session.Do(ctx, func() schema.Query {
		positions = nil
		return schema.Query{
			Text: "SELECT position FROM " + s.Database.Table("commits") + " FINAL" +
				" WHERE repo = {repo:String} AND hash = unhex({hash:String}) ORDER BY position LIMIT 1",
			Arguments: []schema.Argument{{Name: "repo", Value: repo}, {Name: "hash", Value: hash.String()}},
			Result:    proto.Results{{Data: &column}},
			OnResult: func(context.Context, proto.Block) error {
				positions = append(positions, column...)
				return nil
			},
		}
	})
	var found []*stage.Commit
	if err == nil && len(positions) > 0 {
		found, err = reader.read(ctx, positions)
	}
	s.lookedUp(reader, err)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("clickhouse: commit %s of %q: %w", hash, repo, stage.ErrMissing)
	}
	return found[0], nil
}

// lookUp gives a reader for single commits: one that has been used before, or a new
// one with a connection of its own.
func (s *ClickHouse) lookUp(ctx context.Context, repo string) (*windowReader, error) {
	s.mu.Lock()
	if last := len(s.readers) - 1; last >= 0 {
		reader := s.readers[last]
		s.readers = s.readers[:last]
		s.mu.Unlock()
		return reader, nil
	}
	s.mu.Unlock()
	session, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	return &windowReader{session: session, db: s.Database, repo: repo, contents: s.Contents}, nil
}

// lookedUp takes a reader back, unless it has failed or s has been closed meanwhile.
func (s *ClickHouse) lookedUp(reader *windowReader, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || !s.open {
		reader.session.Close()
		return
	}
	s.readers = append(s.readers, reader)
}
