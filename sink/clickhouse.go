package sink

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// ClickHouse stores commits, with all that the stages have found out about
// them, in the tables of package schema, which [schema.Create] makes. Only
// [stage.Commit.ModelScores] are left to [ModelScores], which keeps more of them.
//
// Commits are sent in batches: a block of their changed files and, with every
// few batches, one for each other table, the commits themselves last. Where a
// batch ends follows from the commits alone, not from time or the number of
// workers. So a run with a checkpoint that was interrupted
// and goes on sends the same blocks again, and the server recognises those that
// it has by their tokens, which name the run and what a block holds. Servers
// that cannot do that drop the older of equal rows when they merge, and so does
// every server with what a run without a checkpoint writes anew. Either way
// FROM … FINAL finds each row once.
//
// What is stored under one name of a repository is one history: a commit at the
// position of another one, or with another number of files, is refused with
// [ErrOtherHistory]. The same commits may be written again, some or all of them:
// that replaces all of their fields, patches included. A commit that has fewer
// tags or links than before gets rows in the place of the rest that say nothing:
// with an empty tag in commit_tags, and an empty kind in commit_links.
//
// While one batch is sent, the next one fills. A server that restarts or is
// overloaded is waited for; errors that do not pass by themselves end the run.
// The sink needs some seven times BatchBytes of memory, eleven times where the wire
// is compressed, and more only where a single file's patch and contents are
// larger than that.
//
// The zero value, used by pointer, writes to the server on this machine. Fields
// must not change between Open and Close. Write, Finish and Close are called
// from one goroutine at a time; Durable may be called at any time.
type ClickHouse struct {
	// Database says where to; see [schema.ParseDSN].
	Database schema.Database
	// Source is what the commits come from, such as a repository and its
	// revisions. The table runs repeats it.
	Source string
	// Releases tells the releases of the history, usually as the source of the
	// pipeline does; they are stored when the run begins, so that the lifetimes of
	// bugs can be counted in them again. nil stores none.
	Releases stage.ReleaseSource
	// First is added to the positions of the commits. It joins the parts of a
	// history that several machines extract: give each the number of commits
	// before its part.
	First stage.Position
	// BatchBytes is the size of a batch before compression. 0 is 28 MiB, and
	// 16 MiB where the wire is compressed (see [schema.Database.WireCompression]).
	// Larger ones spare the server work and take more memory here. Runs that
	// resume each other use the same size.
	BatchBytes int
	// Patience is how long a server that has gone is waited for, 5 minutes
	// where 0. Open waits for none.
	Patience time.Duration

	run     *clickHouseRun
	durable atomic.Uint64
	resumed stage.Resumption // of a run with a checkpoint
}

var (
	_ stage.Opener              = (*ClickHouse)(nil)
	_ stage.Sink[*stage.Commit] = (*ClickHouse)(nil)
	_ stage.Closer              = (*ClickHouse)(nil)
	_ stage.ResumableSink       = (*ClickHouse)(nil)
	_ stage.Configured          = (*ClickHouse)(nil)
)

// ErrOtherHistory tells that the database holds another commit at a position,
// or the same with other files, under the same name of the repository.
var ErrOtherHistory = errors.New("the database holds another history")

const (
	defaultPatience = 5 * time.Minute
	// A server makes files of every column for every batch, and later others of
	// several of those: with batches of 12 MiB that is most of its work. These are
	// as large as 200 MB of memory allow. Compressing takes room for a batch as it
	// goes over the wire, before and after.
	uncompressedBatchBytes = 28 << 20
	compressedBatchBytes   = 16 << 20
)

// clickHouseRun is what exists between Open and Close.
type clickHouseRun struct {
	session *schema.Session
	name    string // tells the blocks of this run from those of others
	record  runRecord
	// filling takes the commits, spare is empty or being sent.
	filling, spare *batch
	// group takes what goes with the commits of filling and of batches before it.
	group, spareGroup *commitGroup
	// leftovers are those of the group's batches that have been sent. They belong
	// to whoever sends.
	leftovers []leftover
	// sent gives the outcome of the batch that is being sent; nil if none is.
	sent   chan error
	cancel context.CancelFunc
	failed error
	// last is the commit written last; begun tells that there is one.
	last  commitKey
	repo  string
	begun bool
}

// Open checks the settings, and that the database can be reached and has the
// tables. Its errors match those of package schema.
func (s *ClickHouse) Open(ctx context.Context) error {
	if s.run != nil {
		return errors.New("clickhouse: Open called twice without Close")
	}
	if s.BatchBytes < 0 {
		return fmt.Errorf("clickhouse: batches of %d bytes: use a positive number, or 0 for the default", s.BatchBytes)
	}
	if s.Patience < 0 {
		return fmt.Errorf("clickhouse: patience of %v: use a positive time, or 0 for %v", s.Patience, defaultPatience)
	}
	session, err := schema.Open(ctx, s.Database)
	if err != nil {
		return err
	}
	session.Patience = orDefault(s.Patience, defaultPatience)
	limit := s.batchBytes()
	name := orDefault(s.resumed.Run, rand.Text())
	s.run = &clickHouseRun{
		session:    session,
		name:       name,
		record:     newRunRecord(name, s.Source),
		filling:    newBatch(limit),
		spare:      newBatch(limit),
		group:      newCommitGroup(limit),
		spareGroup: newCommitGroup(limit),
	}
	s.durable.Store(uint64(s.resumed.Next))
	return nil
}

// Resume makes the coming Open go on where an earlier run was stored for good. It
// is called by pipelines with a checkpoint, see [stage.WithCheckpoint]; the rows
// that the earlier run has stored beyond that are stored again and recognised.
func (s *ClickHouse) Resume(r stage.Resumption) error {
	s.resumed = r
	s.durable.Store(uint64(r.Next))
	return nil
}

// Durable gives the position up to which everything is stored for good: that of
// the next item which is not. What the checkpoint has to know of the output is in
// the database, so there is no state.
func (s *ClickHouse) Durable() (next stage.Position, state []byte) {
	return stage.Position(s.durable.Load()), nil
}

// Configuration names what a checkpoint must not change under a run.
func (s *ClickHouse) Configuration() map[string]string {
	return map[string]string{
		"database":    s.Database.Name,
		"source":      s.Source,
		"batch bytes": strconv.Itoa(s.batchBytes()),
	}
}

func (s *ClickHouse) batchBytes() int {
	if s.Database.WireCompression() == schema.Uncompressed {
		return orDefault(s.BatchBytes, uncompressedBatchBytes)
	}
	return orDefault(s.BatchBytes, compressedBatchBytes)
}

// Write takes one commit. It fails if an earlier batch could not be stored; then
// every later call and Finish fail alike.
func (s *ClickHouse) Write(ctx context.Context, item stage.Item[*stage.Commit]) error {
	r := s.run
	switch {
	case r == nil:
		return errors.New("clickhouse: write to a sink that is not open")
	case r.failed != nil:
		return r.failed
	case item.Value == nil:
		return errors.New("clickhouse: a nil commit")
	}
	r.failed = s.write(ctx, item)
	return r.failed
}

func (s *ClickHouse) write(ctx context.Context, item stage.Item[*stage.Commit]) error {
	r, c := s.run, item.Value
	key := commitKey{position: c.Position + s.First, hash: c.Hash}
	switch {
	case !r.begun:
		if err := s.begin(ctx, c.Repo, key); err != nil {
			return err
		}
	case c.Repo != r.repo:
		return fmt.Errorf("clickhouse: a commit of repository %q after those of %q: give each repository a pipeline of its own", c.Repo, r.repo)
	case key.position <= r.last.position:
		return fmt.Errorf("clickhouse: position %d after position %d: leave out stage.Unordered, and write each commit once", key.position, r.last.position)
	}
	if err := checkWords(c); err != nil {
		return fmt.Errorf("clickhouse: commit %s: %w", c.Hash, err)
	}
	r.last = key
	if !r.filling.hasRoomFor(c) {
		if err := s.send(ctx, false); err != nil {
			return err
		}
	}
	for from := 0; ; {
		n := r.filling.addFiles(c, key, from)
		if from += n; from == len(c.Files) {
			break
		}
		// A commit larger than a batch: its files go ahead in batches of their own.
		if err := s.send(ctx, false); err != nil {
			return err
		}
	}
	r.filling.endCommit(c, key)
	r.group.add(c, key, item.Position+1)
	r.record.commits++
	r.record.files += uint64(len(c.Files))
	return r.collect(ctx, false)
}

// begin records that the run has begun.
func (s *ClickHouse) begin(ctx context.Context, repo string, first commitKey) error {
	r := s.run
	r.repo, r.begun = repo, true
	r.record.begin(repo, first.position)
	if err := r.record.store(ctx, r.session, s.Database); err != nil || s.Releases == nil {
		return err
	}
	releases, err := s.Releases.Releases(ctx)
	if err != nil {
		return err
	}
	return storeReleases(ctx, r.session, s.Database, repo, releases)
}

// send hands the batch over to be sent, once the one before it has been, and the
// group with it if it is full or the last one.
func (s *ClickHouse) send(ctx context.Context, last bool) error {
	r := s.run
	if err := r.collect(ctx, true); err != nil {
		return err
	}
	b := r.filling
	r.filling, r.spare = r.spare, b
	r.group.batches++
	// A batch that ends within a commit is all of that: its group has to go on.
	if b.complete && (last || r.group.full()) {
		b.group = r.group
		r.group, r.spareGroup = r.spareGroup, r.group
	}
	sendCtx, cancel := context.WithCancel(ctx)
	r.cancel, r.sent = cancel, make(chan error, 1)
	go func(sent chan<- error) {
		err := b.store(sendCtx, r.session, s.Database, r.name, r.repo, &r.leftovers)
		if g := b.group; g != nil {
			if err == nil {
				s.durable.Store(uint64(g.next))
			}
			g.reset()
		}
		b.reset()
		sent <- err
	}(r.sent)
	return nil
}

// collect takes the outcome of the batch being sent, and waits for it if asked
// to.
func (r *clickHouseRun) collect(ctx context.Context, wait bool) error {
	if r.sent == nil {
		return nil
	}
	var err error
	if wait {
		select {
		case err = <-r.sent:
		case <-ctx.Done():
			return context.Cause(ctx) // Close waits for the rest
		}
	} else {
		select {
		case err = <-r.sent:
		default:
			return nil
		}
	}
	r.cancel()
	r.sent = nil
	return err
}

// Finish stores the last batch, and records that the run has succeeded.
func (s *ClickHouse) Finish(ctx context.Context) error {
	r := s.run
	if r == nil {
		return errors.New("clickhouse: Finish of a sink that is not open")
	}
	if r.failed == nil {
		r.failed = s.finish(ctx)
	}
	return r.failed
}

func (s *ClickHouse) finish(ctx context.Context) error {
	r := s.run
	if r.filling.rows() > 0 {
		if err := s.send(ctx, true); err != nil {
			return err
		}
	}
	if err := r.collect(ctx, true); err != nil || !r.begun {
		return err
	}
	r.record.finish(r.last.position + 1)
	return r.record.store(ctx, r.session, s.Database)
}

// Close hangs up. What has not been stored by then is not. It may be called in
// any state, and again.
func (s *ClickHouse) Close() error {
	r := s.run
	if r == nil {
		return nil
	}
	s.run = nil
	if r.sent != nil {
		r.cancel()
		<-r.sent
	}
	r.session.Close()
	return nil
}
