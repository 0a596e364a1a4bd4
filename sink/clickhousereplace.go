package sink

import (
	"context"
	"fmt"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// compare makes sure that what is stored at the batch's positions, if anything,
// are the same commits, and notes those with more labels there than here.
func (b *batch) compare(ctx context.Context, session *schema.Session, db schema.Database, repo string, leftovers *[]leftover) error {
	stored, err := b.stored(ctx, session, db, repo)
	if err != nil {
		return err
	}
	at := 0
	for _, s := range stored {
		for b.keys[at].position < s.position {
			at++
		}
		key := b.keys[at]
		switch {
		case key.position != s.position: // between those of the batch
			continue
		case key.hash != s.hash:
			return fmt.Errorf("clickhouse: %w: position %d of %q is commit %s there and %s here: give this one another name, or use another database",
				ErrOtherHistory, key.position, repo, s.hash, key.hash)
		case key.files != s.files:
			return fmt.Errorf("clickhouse: %w: commit %s of %q has %d changed files there and %d here: remove what was extracted with other settings, or use another name",
				ErrOtherHistory, key.hash, repo, s.files, key.files)
		case b.complete: // or else the commit is in the next batch as well
			*leftovers = append(*leftovers, leftover{key, s.tags, s.links})
		}
	}
	return nil
}

// stored gives what the database has at the batch's positions, in order. Of a
// commit that was written several times it gives the highest counts, as long as
// the server has not merged.
func (b *batch) stored(ctx context.Context, session *schema.Session, db schema.Database, repo string) ([]countedKey, error) {
	var positions proto.ColUInt64
	var files, tags, links proto.ColUInt32
	hashes := proto.ColFixedStr{Size: len(stage.Hash{})}
	var found []countedKey
	err := session.Do(ctx, func() schema.Query {
		found = found[:0]
		return schema.Query{
			Text: "SELECT position, hash, files, max(tags), max(links) FROM " + db.Table("commits") +
				" WHERE repo = {repo:String} AND position >= {first:UInt64} AND position <= {last:UInt64}" +
				" GROUP BY position, hash, files ORDER BY position",
			Arguments: []schema.Argument{
				{Name: "repo", Value: repo},
				{Name: "first", Value: uint64(b.keys[0].position)},
				{Name: "last", Value: uint64(b.keys[len(b.keys)-1].position)},
			},
			Result: proto.Results{{Data: &positions}, {Data: &hashes}, {Data: &files}, {Data: &tags}, {Data: &links}},
			OnResult: func(context.Context, proto.Block) error {
				for i, position := range positions {
					key := commitKey{position: stage.Position(position), hash: stage.Hash(hashes.Row(i))}
					found = append(found, countedKey{key, files[i], tags[i], links[i]})
				}
				return nil
			},
		}
	})
	return found, err
}
