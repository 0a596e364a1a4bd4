package source

import (
	"context"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// Horizon tells when the last commit of the repository was made. It opens s if it is
// not open yet.
func (s *ClickHouse) Horizon(ctx context.Context) (h stage.Horizon, err error) {
	if err := s.Open(ctx); err != nil {
		return h, err
	}
	repo, session, err := s.connected(ctx)
	if err != nil {
		return h, err
	}
	defer session.Close()
	var column proto.ColInt64
	err = session.Do(ctx, func() schema.Query {
		return schema.Query{
			Text: "SELECT committer_seconds FROM " + s.Database.Table("commits") + " FINAL" +
				" WHERE repo = {repo:String} ORDER BY position DESC LIMIT 1",
			Arguments: []schema.Argument{{Name: "repo", Value: repo}},
			Result:    proto.Results{{Data: &column}},
			OnResult: func(context.Context, proto.Block) error {
				for _, seconds := range column {
					h.End = seconds
				}
				return nil
			},
		}
	})
	return h, err
}
