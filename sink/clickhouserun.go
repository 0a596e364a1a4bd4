package sink

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// runRecord is a run's row in the table runs.
type runRecord struct {
	id                [16]byte
	source, repo      string
	started, finished time.Time
	first, next       stage.Position
	commits, files    uint64
}

func newRunRecord(name, source string) runRecord {
	r := runRecord{source: source, finished: time.Unix(0, 0)}
	digest := sha256.Sum256([]byte(name))
	copy(r.id[:], digest[:])
	return r
}

func (r *runRecord) begin(repo string, first stage.Position) {
	r.repo, r.first, r.next, r.started = repo, first, first, time.Now()
}

func (r *runRecord) finish(next stage.Position) {
	r.next, r.finished = next, time.Now()
}

// store writes the row, or writes it anew.
func (r *runRecord) store(ctx context.Context, session *schema.Session, db schema.Database) error {
	var repo, source, creator proto.ColStr
	var started, finished proto.ColDateTime
	id := proto.ColFixedStr{Size: len(r.id)}
	repo.Append(r.repo)
	source.Append(r.source)
	creator.Append(createdBy())
	started.Append(r.started)
	finished.Append(r.finished)
	id.Append(r.id[:])
	started.Location, finished.Location = time.UTC, time.UTC
	input := proto.Input{
		{Name: "repo", Data: &repo},
		{Name: "started", Data: &started},
		{Name: "run", Data: &id},
		{Name: "finished", Data: &finished},
		{Name: "source", Data: &source},
		{Name: "created_by", Data: &creator},
		{Name: "first", Data: proto.ColUInt64{uint64(r.first)}},
		{Name: "next", Data: proto.ColUInt64{uint64(r.next)}},
		{Name: "commits", Data: proto.ColUInt64{r.commits}},
		{Name: "files", Data: proto.ColUInt64{r.files}},
	}
	return session.Do(ctx, func() schema.Query {
		return schema.Query{
			Text:     "INSERT INTO " + db.Table("runs") + " " + input.Columns() + " VALUES",
			Input:    input,
			Settings: insertSettings,
		}
	})
}
