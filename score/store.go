package score

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/commitflow/commitflow/stage"
)

// Store keeps the judgments of models, by commit, model and rubric. [Journal]
// keeps them in a file, [Table] in a database. A Store may be used by several
// stages of a pipeline: Open and Close count, and everything in between is safe
// for concurrent use.
type Store interface {
	// Open makes the judgments of earlier runs available.
	Open(ctx context.Context) error
	// Find gives the judgment of a model on a commit by a rubric, or nil. It
	// belongs to the caller.
	Find(commit stage.Hash, model, rubric string) (*stage.Judgment, error)
	// Of gives all judgments on a commit, in the order in which their models and
	// rubrics came to the store.
	Of(commit stage.Hash) ([]*stage.Judgment, error)
	// Add keeps a judgment, in the place of an older one with the same key. When
	// it returns, the judgment survives the process.
	Add(ctx context.Context, j *stage.Judgment) error
	Close() error
}

// Rows is a table of judgments in a database, such as sink.ModelScores.
type Rows interface {
	// Read connects to the database and calls each for all judgments in it. Of
	// several with the same key the newest comes last.
	Read(ctx context.Context, each func(*stage.Judgment) error) error
	// Add stores a judgment for good. It is called concurrently.
	Add(ctx context.Context, j *stage.Judgment) error
	// Close hangs up. Read may be called again.
	Close() error
}

// Table is the [Store] whose judgments are in a database: it reads them once,
// when it is opened, into a file in the directory for temporary files, and adds
// new ones to both. Judgments that others store meanwhile are not seen.
type Table struct {
	Rows Rows

	mu    sync.Mutex
	users int
	dir   string
	copy  *Journal
}

var _ Store = (*Table)(nil)

// Open reads what the database has.
func (t *Table) Open(ctx context.Context) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Rows == nil {
		return errors.New("table of judgments: Rows is nil: say which table")
	}
	if t.users > 0 {
		t.users++
		return nil
	}
	dir, err := os.MkdirTemp("", "commitflow-scores-*")
	if err != nil {
		return fmt.Errorf("table of judgments: %w", err)
	}
	copied := &Journal{Path: filepath.Join(dir, "scores.jsonl")}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Rows.Close(), copied.Close(), os.RemoveAll(dir))
		}
	}()
	if err := copied.Open(ctx); err != nil {
		return err
	}
	if err := t.Rows.Read(ctx, func(j *stage.Judgment) error { return copied.Add(ctx, j) }); err != nil {
		return err
	}
	t.users, t.dir, t.copy = 1, dir, copied
	return nil
}

// Find gives a judgment, see [Store].
func (t *Table) Find(commit stage.Hash, model, rubric string) (*stage.Judgment, error) {
	return t.copy.Find(commit, model, rubric)
}

// Of gives the judgments on a commit, see [Store].
func (t *Table) Of(commit stage.Hash) ([]*stage.Judgment, error) { return t.copy.Of(commit) }

// Add stores a judgment in the database.
func (t *Table) Add(ctx context.Context, j *stage.Judgment) error {
	if err := t.Rows.Add(ctx, j); err != nil {
		return err
	}
	return t.copy.Add(ctx, j)
}

// Close hangs up and removes the copy, once everybody has closed t.
func (t *Table) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.users == 0 {
		return nil
	}
	if t.users--; t.users > 0 {
		return nil
	}
	return errors.Join(t.Rows.Close(), t.copy.Close(), os.RemoveAll(t.dir))
}

// Stored adds the judgments of earlier runs to the commits, all models' and
// rubrics', and asks nobody: see [stage.Commit.ModelScores]. It is a
// [stage.Processor], passes on every commit, and is safe for concurrent use.
type Stored struct{ Store Store }

var (
	_ stage.Processor[*stage.Commit, *stage.Commit] = Stored{}
	_ stage.Opener                                  = Stored{}
	_ stage.Closer                                  = Stored{}
)

// Open opens the store.
func (s Stored) Open(ctx context.Context) error {
	if s.Store == nil {
		return errors.New("stored scores: Store is nil: say where they are")
	}
	return s.Store.Open(ctx)
}

// Close closes the store.
func (s Stored) Close() error {
	if s.Store == nil {
		return nil
	}
	return s.Store.Close()
}

// Process adds the judgments on a commit.
func (s Stored) Process(_ context.Context, c *stage.Commit, emit func(*stage.Commit)) error {
	judgments, err := s.Store.Of(c.Hash)
	if err != nil {
		return err
	}
	for _, j := range judgments {
		c.SetModelScore(j.ModelScore)
	}
	emit(c)
	return nil
}
