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
	// encoded is where short columns are laid out to be hashed.
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
	b.files.init(b.limit)
	b.tags.init()
	b.links.init()
}

// reset empties the batch, and keeps its memory unless that has become too much.
func (b *batch) reset() {
	if b.bytes > b.limit {
		*b = batch{limit: b.limit}
		b.init()
		return
	}
	b.bytes, b.complete, b.next, b.fileFrom = 0, false, 0, 0
	b.keys = b.keys[:0]
	for _, input := range []proto.Input{b.commits.input, b.files.input, b.tags.input, b.links.input} {
		input.Reset()
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
	b.commits.append(c, key)
	b.tags.append(c, key)
	b.links.append(c, key)
	b.complete, b.next = true, next
}

// tableBlock is one block, and the name by which the server recognises it.
type tableBlock struct {
	name  string
	input proto.Input
	token string
}

// blocks are in the order in which they are sent: where a commit's own row is,
// all others are.
func (b *batch) blocks(run, repo string) []tableBlock {
	blocks := []tableBlock{
		{name: "file_changes", input: b.files.input},
		{name: "commit_tags", input: b.tags.input},
		{name: "commit_links", input: b.links.input},
		{name: "commits", input: b.commits.input},
	}
	for i := range blocks {
		blocks[i].token = b.token(run, repo, blocks[i])
	}
	return blocks
}

// store sends the batch. A block that fails is sent again, as it does no harm
// twice.
func (b *batch) store(ctx context.Context, session *schema.Session, db schema.Database, run, repo string) error {
	// Named before the batch is compared with what is stored: what that adds is
	// not there to be added when a block that was stored comes again.
	blocks := b.blocks(run, repo)
	err := b.replace(ctx, session, db, repo)
	for _, block := range blocks {
		if err != nil {
			break
		}
		if block.input[0].Data.Rows() == 0 {
			continue
		}
		err = session.Do(ctx, func() schema.Query {
			return schema.Query{
				Text:     "INSERT INTO " + db.Table(block.name) + " " + block.input.Columns() + " VALUES",
				Input:    block.input,
				Settings: append(insertSettings, schema.Setting{Name: "insert_deduplication_token", Value: block.token}),
			}
		})
	}
	if b.bytes > b.limit {
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

// token names a block: by the run, by what it holds and where it belongs. A token
// without the run would have the server drop labels that return after others
// have stood in their place, and one of the run and the positions alone those of
// a history that has grown since.
func (b *batch) token(run, repo string, block tableBlock) string {
	digest := xxhash.New()
	w := proto.NewWriter(digest, &b.encoded)
	for _, column := range block.input {
		column.Data.WriteColumn(w)
		_, _ = w.Flush() // a digest takes everything
	}
	sum := hex.EncodeToString(binary.BigEndian.AppendUint64(nil, digest.Sum64()))
	return fmt.Sprintf("%s/%s/%s/%d-%d+%d/v%d/%s", run, repo, block.name,
		b.keys[0].position, b.keys[len(b.keys)-1].position, b.fileFrom, schema.Version(), sum)
}
