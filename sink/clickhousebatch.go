package sink

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/cespare/xxhash/v2"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// batch is the rows of some consecutive commits: a block for each table.
type batch struct {
	limit int
	bytes int
	keys  []commitKey
	// complete tells that the batch ends with the end of a commit. next is then
	// the position of the item after it. Otherwise all its rows are files of
	// one commit, whose other rows follow.
	complete bool
	next     stage.Position
	// fileFrom is the number of the first file, where it is not 0.
	fileFrom int

	commits commitColumns
	files   fileColumns
	tags    tagColumns
	links   linkColumns
	// encoded is where columns are laid out to be hashed.
	encoded proto.Buffer
}

// commitKey is a commit's place in the database, and which it is.
type commitKey struct {
	position stage.Position
	hash     stage.Hash
}

// maxBatchRows bounds the rows of a batch.
const maxBatchRows = 100_000

func newBatch(limit int) *batch {
	b := &batch{limit: limit}
	b.init()
	return b
}

// init makes the columns, which hold pointers into the batch.
func (b *batch) init() {
	b.commits.init()
	b.files.init()
	b.tags.init()
	b.links.init()
}

// reset empties the batch, and keeps its memory unless that has become too much.
func (b *batch) reset() {
	if b.bytes > 2*b.limit {
		*b = batch{limit: b.limit}
		b.init()
		return
	}
	b.bytes, b.complete, b.next, b.fileFrom = 0, false, 0, 0
	b.keys = b.keys[:0]
	for _, table := range b.tables() {
		table.input.Reset()
	}
}

func (b *batch) rows() int { return b.files.rows() + len(b.keys) }

// hasRoomFor tells whether a commit fits. Any fits into an empty batch.
func (b *batch) hasRoomFor(c *stage.Commit) bool {
	return len(b.keys) == 0 || b.bytes+weight(c) <= b.limit && b.rows()+len(c.Files) < maxBatchRows
}

// weight is about the size of a commit's rows in bytes. It depends on nothing
// but the commit, as it decides where batches end.
func weight(c *stage.Commit) int {
	size := 512 + 2*len(c.Message)
	for i := range c.Headers {
		size += len(c.Headers[i].Value)
	}
	for i := range c.Files {
		size += fileWeight(&c.Files[i])
	}
	return size
}

func fileWeight(f *stage.FileChange) int {
	return 192 + len(f.OldPath) + len(f.NewPath) + len(f.Patch) + len(f.Before) + len(f.After) + 16*len(f.Hunks)
}

// addFiles adds the commit's files from a number on, as many as fit but at
// least one, and tells how many.
func (b *batch) addFiles(c *stage.Commit, key commitKey, from int) int {
	if len(b.keys) == 0 {
		b.fileFrom = from
	}
	n := 0
	for i := from; i < len(c.Files); i++ {
		size := fileWeight(&c.Files[i])
		if n > 0 && (b.bytes+size > b.limit || b.rows() >= maxBatchRows) {
			b.keys = append(b.keys, key)
			return n
		}
		b.files.append(c, key, i)
		b.bytes += size
		n++
	}
	return n
}

// addCommit adds all else of a commit.
func (b *batch) addCommit(c *stage.Commit, key commitKey, next stage.Position) {
	b.keys = append(b.keys, key)
	b.bytes += 512 + 2*len(c.Message)
	b.commits.append(c, key, b.keys[0].position)
	b.tags.append(c, key)
	b.links.append(c, key)
	b.complete, b.next = true, next
}

// tableBlock is one block.
type tableBlock struct {
	name  string
	input proto.Input
}

// tables are in the order in which they are sent: where a commit's own row is,
// all others are.
func (b *batch) tables() []tableBlock {
	return []tableBlock{
		{"file_changes", b.files.input},
		{"commit_tags", b.tags.input},
		{"commit_links", b.links.input},
		{"commits", b.commits.input},
	}
}

// store sends the batch. A block that fails is sent again, as it does no harm
// twice.
func (b *batch) store(ctx context.Context, session *schema.Session, db schema.Database, repo string) error {
	err := b.checkHistory(ctx, session, db, repo)
	for _, table := range b.tables() {
		if err != nil {
			break
		}
		if table.input[0].Data.Rows() == 0 {
			continue
		}
		token := b.token(repo, table)
		err = session.Do(ctx, func() schema.Query {
			return schema.Query{
				Text:     "INSERT INTO " + db.Table(table.name) + " " + table.input.Columns() + " VALUES",
				Input:    table.input,
				Settings: append(insertSettings, schema.Setting{Name: "insert_deduplication_token", Value: token}),
			}
		})
	}
	if b.bytes > 2*b.limit {
		session.Close() // its buffers have grown with the block
	}
	if err != nil {
		return fmt.Errorf("positions %d to %d: %w", b.keys[0].position, b.keys[len(b.keys)-1].position, err)
	}
	return nil
}

// insertSettings make an insert return when its rows are stored, and let views
// drop the repetitions that their tables drop.
var insertSettings = []schema.Setting{
	{Name: "async_insert", Value: "0"},
	{Name: "insert_deduplicate", Value: "1"},
	{Name: "deduplicate_blocks_in_dependent_materialized_views", Value: "1"},
	{Name: "distributed_foreground_insert", Value: "1"},
}

// token names a block: by what it holds and where it belongs. A token of the
// positions alone would have the server drop new labels of old commits.
func (b *batch) token(repo string, table tableBlock) string {
	digest := xxhash.New()
	for _, column := range table.input {
		if text, ok := column.Data.(*proto.ColStr); ok {
			// The large columns are of this kind: no copy is made of them.
			_, _ = digest.Write(text.Buf)
			b.encoded.Reset()
			for _, p := range text.Pos {
				b.encoded.PutUInt64(uint64(p.End))
			}
		} else {
			b.encoded.Reset()
			column.Data.EncodeColumn(&b.encoded)
		}
		_, _ = digest.Write(b.encoded.Buf)
	}
	sum := hex.EncodeToString(binary.BigEndian.AppendUint64(nil, digest.Sum64()))
	return fmt.Sprintf("%s/%s/%d-%d+%d/v%d/%s", repo, table.name,
		b.keys[0].position, b.keys[len(b.keys)-1].position, b.fileFrom, schema.Version(), sum)
}

// checkHistory makes sure that no other commits are stored at the batch's
// positions.
func (b *batch) checkHistory(ctx context.Context, session *schema.Session, db schema.Database, repo string) error {
	var positions proto.ColUInt64
	hashes := proto.ColFixedStr{Size: len(stage.Hash{})}
	var other error
	err := session.Do(ctx, func() schema.Query {
		at := 0
		return schema.Query{
			Text: "SELECT position, hash FROM " + db.Table("commits") +
				" WHERE repo = {repo:String} AND position >= {first:UInt64} AND position <= {last:UInt64} ORDER BY position",
			Arguments: []schema.Argument{
				{Name: "repo", Value: repo},
				{Name: "first", Value: uint64(b.keys[0].position)},
				{Name: "last", Value: uint64(b.keys[len(b.keys)-1].position)},
			},
			Result: proto.Results{{Name: "position", Data: &positions}, {Name: "hash", Data: &hashes}},
			OnResult: func(context.Context, proto.Block) error {
				for i, position := range positions {
					for at < len(b.keys) && b.keys[at].position < stage.Position(position) {
						at++
					}
					stored := stage.Hash(hashes.Row(i))
					if at < len(b.keys) && b.keys[at].position == stage.Position(position) && b.keys[at].hash != stored && other == nil {
						other = otherHistory(repo, b.keys[at], stored)
					}
				}
				return nil
			},
		}
	})
	if err != nil {
		return err
	}
	return other
}

func otherHistory(repo string, key commitKey, stored stage.Hash) error {
	return fmt.Errorf("clickhouse: %w: position %d of %q is commit %s there and %s here: give this one another name, or the database",
		ErrOtherHistory, key.position, repo, stored, key.hash)
}

// batchEnd gives the position after the stored batch in whose midst a commit
// is; 0 if no batch has the commit, or one begins with it.
func batchEnd(ctx context.Context, session *schema.Session, db schema.Database, repo string, key commitKey) (stage.Position, error) {
	var end proto.ColUInt64
	var next stage.Position
	err := session.Do(ctx, func() schema.Query {
		return schema.Query{
			Text: "SELECT max(position) FROM " + db.Table("commits") +
				" WHERE repo = {repo:String} AND position >= {position:UInt64} AND position < {position:UInt64} + {most:UInt64}" +
				" AND batch < {position:UInt64} AND batch GLOBAL IN (SELECT batch FROM " + db.Table("commits") +
				" WHERE repo = {repo:String} AND position = {position:UInt64} AND hash = unhex({hash:String}))",
			Arguments: []schema.Argument{
				{Name: "repo", Value: repo},
				{Name: "position", Value: uint64(key.position)},
				{Name: "hash", Value: key.hash.String()},
				{Name: "most", Value: uint64(maxBatchRows)},
			},
			Result: proto.Results{{Data: &end}},
			OnResult: func(context.Context, proto.Block) error {
				for _, position := range end {
					if position > 0 {
						next = stage.Position(position) + 1
					}
				}
				return nil
			},
		}
	})
	return next, err
}
