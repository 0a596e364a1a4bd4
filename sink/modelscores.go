package sink

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// ModelScores is the table model_scores, as the rows of a score.Table: it gives
// what models think of commits and takes what they say of more.
//
// Judgments that come at the same time are stored together, some times a second;
// each caller of Add waits for its own. Writing one again does no harm.
//
// Use it by pointer. Fields must not change between Read and Close; Add is safe
// for concurrent use.
type ModelScores struct {
	// Database says where the table is; see [schema.ParseDSN].
	Database schema.Database
	// Repo is the repository whose judgments are read; "" reads those of all.
	Repo string
	// Patience is how long a server that has gone is waited for, 5 minutes where
	// 0. Read waits for none.
	Patience time.Duration

	session *schema.Session
	turn    chan struct{} // held by who uses the session
	stored  time.Time     // when the last insert began

	mu      sync.Mutex
	waiting *judgmentBlock
}

// insertInterval is the time between two inserts: a server has to merge what
// each of them makes.
const insertInterval = 200 * time.Millisecond

// judgmentBlock is judgments that are stored together.
type judgmentBlock struct {
	columns judgmentColumns
	done    chan struct{}
	err     error
}

// Read connects and calls each for the judgments in the table. If the connection
// breaks, some come twice.
func (s *ModelScores) Read(ctx context.Context, each func(*stage.Judgment) error) error {
	if s.session != nil {
		return errors.New("clickhouse: Read called twice without Close")
	}
	session, err := schema.Open(ctx, s.Database)
	if err != nil {
		return err
	}
	session.Patience = orDefault(s.Patience, defaultPatience)
	s.session, s.turn = session, make(chan struct{}, 1)
	where, arguments := "", []schema.Argument(nil)
	if s.Repo != "" {
		where, arguments = " WHERE repo = {repo:String}", []schema.Argument{{Name: "repo", Value: s.Repo}}
	}
	columns := newJudgmentResults()
	return session.Do(ctx, func() schema.Query {
		return schema.Query{
			Text:      "SELECT " + columns.expressions + " FROM " + s.Database.Table("model_scores") + " FINAL" + where,
			Arguments: arguments,
			Result:    columns.results,
			OnResult:  func(context.Context, proto.Block) error { return columns.each(each) },
		}
	})
}

// Add stores a judgment.
func (s *ModelScores) Add(ctx context.Context, j *stage.Judgment) error {
	if s.session == nil {
		return errors.New("clickhouse: Add to a table that is not open: call Read first")
	}
	s.mu.Lock()
	block := s.waiting
	if block == nil {
		block = &judgmentBlock{done: make(chan struct{})}
		block.columns.init()
		s.waiting = block
	}
	block.columns.append(j)
	s.mu.Unlock()
	select {
	case <-block.done:
		return block.err
	case <-ctx.Done():
		return context.Cause(ctx)
	case s.turn <- struct{}{}:
	}
	defer func() { <-s.turn }()
	select {
	case <-block.done: // whoever had the turn before has stored it
		return block.err
	case <-time.After(insertInterval - time.Since(s.stored)):
	case <-ctx.Done():
		return context.Cause(ctx) // another caller of the block takes the turn
	}
	s.mu.Lock()
	s.waiting = nil
	s.mu.Unlock()
	s.stored = time.Now()
	block.err = s.store(ctx, block)
	close(block.done)
	return block.err
}

func (s *ModelScores) store(ctx context.Context, block *judgmentBlock) error {
	input := block.columns.input
	err := s.session.Do(ctx, func() schema.Query {
		return schema.Query{
			Text:     "INSERT INTO " + s.Database.Table("model_scores") + " " + input.Columns() + " VALUES",
			Input:    input,
			Settings: insertSettings,
		}
	})
	if err != nil {
		return fmt.Errorf("model scores: %w", err)
	}
	return nil
}

// Close hangs up. It may be called in any state, and again.
func (s *ModelScores) Close() error {
	if s.session != nil {
		s.session.Close()
		s.session = nil
	}
	return nil
}
