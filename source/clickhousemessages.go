package source

import (
	"context"
	"fmt"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// Messages calls each for every commit of the repository, whether it fits the
// selection or not, in the order of the history. Text is in UTF-8. It opens s if
// it is not open yet.
func (s *ClickHouse) Messages(ctx context.Context, each func(stage.Message) error) error {
	if err := s.Open(ctx); err != nil {
		return err
	}
	repo, session, err := s.connected(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	var (
		positions proto.ColUInt64
		hashes    = proto.ColFixedStr{Size: len(stage.Hash{})}
		parents   = (&proto.ColFixedStr{Size: len(stage.Hash{})}).Array()
		seconds   proto.ColInt64
		texts     proto.ColStr
		authors   proto.ColStr
		persons   proto.ColStr
	)
	for from := stage.Position(0); ; {
		var page []stage.Message
		err := session.Do(ctx, func() schema.Query {
			page = page[:0]
			return schema.Query{
				Text: "SELECT position, hash, parents, committer_seconds, message," +
					" concat(author_name, ' <', author_mail, '>'), concat(committer_name, ' <', committer_mail, '>') FROM " + s.Database.Table("commits") + " FINAL" +
					" WHERE repo = {repo:String} AND position >= {from:UInt64}" +
					fmt.Sprintf(" ORDER BY position LIMIT %d", messagePage),
				Arguments: []schema.Argument{{Name: "repo", Value: repo}, {Name: "from", Value: uint64(from)}},
				Result:    proto.Results{{Data: &positions}, {Data: &hashes}, {Data: parents}, {Data: &seconds}, {Data: &texts}, {Data: &authors}, {Data: &persons}},
				OnResult: func(context.Context, proto.Block) error {
					for i, position := range positions {
						var built []stage.Hash
						for from, to := span(parents, i); from < to; from++ {
							built = append(built, stage.Hash(parents.Data.Row(from)))
						}
						page = append(page, stage.Message{
							Parents:  built,
							Position: stage.Position(position),
							Hash:     stage.Hash(hashes.Row(i)),
							Seconds:  seconds[i],
							Author:   []byte(authors.Row(i)), Committer: []byte(persons.Row(i)),
							Text: []byte(texts.Row(i)),
						})
					}
					return nil
				},
			}
		})
		if err != nil {
			return err
		}
		for _, m := range page {
			if err := each(m); err != nil {
				return err
			}
		}
		if len(page) < messagePage {
			return nil
		}
		from = page[len(page)-1].Position + 1
	}
}

// messagePage is how many messages are asked for at a time.
const messagePage = 4096
