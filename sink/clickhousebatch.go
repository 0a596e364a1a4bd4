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

// batch is the changed files of some consecutive commits, and sometimes the
// group that these commits belong to.
type batch struct {
	limit int
	bytes int
	keys  []countedKey
	// complete tells that the batch ends with the end of a commit. Otherwise all
	// its rows are files of one commit, of which more follow.
	complete bool
	// fileFrom is the number of the first file, where it is not 0.
	fileFrom int

	files fileColumns
	// group is stored after the files if it is there: it ends with this batch.
	group *commitGroup
	// encoded is where short columns are laid out to be hashed.
	encoded proto.Buffer
}

// commitKey is a commit's place in the database, and which it is.
type commitKey struct {
	position stage.Position
	hash     stage.Hash
}

// countedKey is a commit's key with the number of its rows.
type countedKey struct {
	commitKey
	files, tags, links uint32
}

func countedKeyOf(c *stage.Commit, key commitKey) countedKey {
	return countedKey{key, uint32(len(c.Files)), uint32(len(c.Tags)), uint32(len(c.Links) + len(c.Unresolved))}
}

// maxBatchRows bounds the rows of a batch.
const maxBatchRows = 100_000

func newBatch(limit int) *batch {
	b := new(batch)
	b.init(limit)
	return b
}

// init makes the batch anew, in its place: the columns hold pointers into it.
func (b *batch) init(limit int) {
	*b = batch{limit: limit}
	b.files.init(limit)
}

// reset empties the batch, and keeps its memory unless that has become too much.
func (b *batch) reset() {
	if b.bytes > b.limit {
		b.init(b.limit)
		return
	}
	b.bytes, b.complete, b.fileFrom, b.group = 0, false, 0, nil
	b.keys = b.keys[:0]
	b.files.input.Reset()
}

func (b *batch) rows() int { return b.files.rows() + len(b.keys) }

// hasRoomFor tells whether a commit fits. Any fits into an empty batch.
func (b *batch) hasRoomFor(c *stage.Commit) bool {
	return len(b.keys) == 0 || b.bytes+weight(c) <= b.limit && b.rows()+len(c.Files) < maxBatchRows
}

// weight is about the size of a commit's rows in bytes. It depends on nothing
// but the commit, as it decides where batches end.
func weight(c *stage.Commit) int {
	size := commitWeight(c)
	for i := range c.Files {
		size += fileWeight(&c.Files[i])
	}
	return size
}

// commitWeight is the weight of all rows but those of files.
func commitWeight(c *stage.Commit) int {
	size := 512 + 2*len(c.Message)
	for i := range c.Headers {
		size += len(c.Headers[i].Value)
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
			b.keys = append(b.keys, countedKeyOf(c, key))
			return n
		}
		b.files.append(c, key, i)
		b.bytes += size
		n++
	}
	return n
}

// endCommit ends a commit whose files are all there. What else is stored of it
// counts towards the size of the batch.
func (b *batch) endCommit(c *stage.Commit, key commitKey) {
	b.keys = append(b.keys, countedKeyOf(c, key))
	b.bytes += commitWeight(c)
	b.complete = true
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
	first, last := b.keys[0].position, b.keys[len(b.keys)-1].position
	blocks := []tableBlock{b.block("file_changes", b.files.input, run, repo, first, last, b.fileFrom)}
	if g := b.group; g != nil {
		blocks = append(blocks,
			b.block("commit_tags", g.tags.input, run, repo, g.first, last, 0),
			b.block("commit_links", g.links.input, run, repo, g.first, last, 0),
			b.block("commits", g.commits.input, run, repo, g.first, last, 0))
	}
	return blocks
}

// store sends the batch, and with it the group that ends with it. A block that
// fails is sent again, as it does no harm twice.
func (b *batch) store(ctx context.Context, session *schema.Session, db schema.Database, run, repo string, leftovers *[]leftover) error {
	// Named before the batch is compared with what is stored: what that adds is
	// not there to be added when a block that was stored comes again.
	blocks := b.blocks(run, repo)
	err := b.compare(ctx, session, db, repo, leftovers)
	if err == nil && b.group != nil {
		b.group.replace(repo, *leftovers)
		*leftovers = (*leftovers)[:0]
	}
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

// block names a block: by the run, by what it holds and where it belongs. A token
// without the run would have the server drop labels that return after others
// have stood in their place, and one of the run and the positions alone those of
// a history that has grown since.
func (b *batch) block(table string, input proto.Input, run, repo string, first, last stage.Position, fileFrom int) tableBlock {
	digest := xxhash.New()
	w := proto.NewWriter(digest, &b.encoded)
	for _, column := range input {
		column.Data.WriteColumn(w)
		_, _ = w.Flush() // a digest takes everything
	}
	sum := hex.EncodeToString(binary.BigEndian.AppendUint64(nil, digest.Sum64()))
	token := fmt.Sprintf("%s/%s/%s/%d-%d+%d/v%d/%s", run, repo, table, first, last, fileFrom, schema.Version(), sum)
	return tableBlock{table, input, token}
}
