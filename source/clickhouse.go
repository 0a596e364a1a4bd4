package source

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/sourcegraph/conc"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// ClickHouse reads commits back that sink.ClickHouse has stored, as the same
// records: what the source of that time found, and all that the stages have
// added. So commits can be scored, tagged, linked and exported again without
// their repository. Only [stage.Commit.Blobs] is gone: patches cannot be made
// anew, and nil slices and empty ones are not told apart. What language models
// think of commits has a table and a stage of its own, score.Stored.
//
// Commits come in the order of their history, with the positions that they had
// there. They are read in windows of some megabytes, the next one while the
// last one is used; so memory does not grow with the history, the server sorts
// nothing large, and a server that restarts costs one window. What is written
// meanwhile may be read or not. In a pipeline with a checkpoint, reading goes on
// where it was interrupted, unless the commits have been written anew since.
//
// The zero value reads the only repository of the database on this machine.
// ClickHouse is used by pointer, and its fields must not change once it is
// open. It is a [stage.MessageSource] for a [stage.ChainLinker] in the same
// pipeline.
type ClickHouse struct {
	// Database says where from; see [schema.ParseDSN].
	Database schema.Database
	// Repo is the name of a repository in it. It may be empty if there is one
	// only.
	Repo string
	// Selection chooses among its commits.
	Selection Selection
	// Contents reads the whole files before and after, too, where they are
	// stored.
	Contents bool
	// Patience is how long a server that has gone is waited for, 5 minutes
	// where 0. Open waits for none.
	Patience time.Duration

	mu    sync.Mutex
	repo  string
	total int
	open  bool
	state clickHouseState // as Open has found it
	past  *clickHouseState
	next  stage.Position
	// readers of single commits that nobody uses now
	readers []*windowReader
}

var (
	_ stage.Source[*stage.Commit] = (*ClickHouse)(nil)
	_ stage.Totaler               = (*ClickHouse)(nil)
	_ stage.MessageSource         = (*ClickHouse)(nil)
	_ stage.Opener                = (*ClickHouse)(nil)
	_ stage.Closer                = (*ClickHouse)(nil)
)

// ErrUnknownRepo tells that the database does not have the repository, or that
// it has several and none was named.
var ErrUnknownRepo = errors.New("unknown repository")

// Open checks the settings, finds the repository and counts its commits. It
// does nothing if s is open already. Its errors match those of package schema,
// [ErrUnknownRepo] and [ErrEmptyHistory].
func (s *ClickHouse) Open(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		return nil
	}
	if s.Patience < 0 {
		return fmt.Errorf("clickhouse: patience of %v: use a positive time, or 0 for %v", s.Patience, defaultPatience)
	}
	if err := s.Selection.check(); err != nil {
		return fmt.Errorf("clickhouse: %w", err)
	}
	session, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	repo, err := s.findRepo(ctx, session)
	if err != nil {
		return err
	}
	total, err := s.count(ctx, session, repo)
	if err != nil {
		return err
	}
	if total == 0 {
		return fmt.Errorf("clickhouse: %w of %q fit the selection", ErrEmptyHistory, repo)
	}
	if s.state, err = s.findState(ctx, session, repo); err != nil {
		return err
	}
	s.repo, s.total, s.open = repo, total, true
	return nil
}

const defaultPatience = 5 * time.Minute

func (s *ClickHouse) connect(ctx context.Context) (*schema.Session, error) {
	session, err := schema.Open(ctx, s.Database)
	if err != nil {
		return nil, err
	}
	if session.Patience = s.Patience; session.Patience == 0 {
		session.Patience = defaultPatience
	}
	return session, nil
}

// findRepo gives the repository to read.
func (s *ClickHouse) findRepo(ctx context.Context, session *schema.Session) (string, error) {
	var column proto.ColStr
	var names []string
	err := session.Do(ctx, func() schema.Query {
		names = nil
		return schema.Query{
			Text:   "SELECT DISTINCT CAST(repo AS String) AS name FROM " + s.Database.Table("commits") + " ORDER BY name",
			Result: proto.Results{{Data: &column}},
			OnResult: func(context.Context, proto.Block) error {
				for i := range column.Rows() {
					names = append(names, column.Row(i))
				}
				return nil
			},
		}
	})
	switch {
	case err != nil:
		return "", err
	case len(names) == 0:
		return "", fmt.Errorf("clickhouse: %w: the database is empty: fill it with sink.ClickHouse", ErrEmptyHistory)
	case s.Repo == "" && len(names) == 1:
		return names[0], nil
	case s.Repo == "":
		return "", fmt.Errorf("clickhouse: %w: name one of %s", ErrUnknownRepo, listed(names))
	}
	for _, name := range names {
		if name == s.Repo {
			return name, nil
		}
	}
	return "", fmt.Errorf("clickhouse: %w %q: there is %s", ErrUnknownRepo, s.Repo, listed(names))
}

// listed names some repositories.
func listed(names []string) string {
	const most = 10
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// count gives the number of commits that fit the selection.
func (s *ClickHouse) count(ctx context.Context, session *schema.Session, repo string) (int, error) {
	var column proto.ColUInt64
	total := 0
	conditions, arguments := s.Selection.conditions(s.Database)
	err := session.Do(ctx, func() schema.Query {
		return schema.Query{
			Text:      "SELECT count() FROM " + s.Database.Table("commits") + " FINAL WHERE repo = {repo:String}" + conditions,
			Arguments: append([]schema.Argument{{Name: "repo", Value: repo}}, arguments...),
			Result:    proto.Results{{Data: &column}},
			OnResult: func(context.Context, proto.Block) error {
				for _, n := range column {
					total = int(n)
				}
				return nil
			},
		}
	})
	return total, err
}

// Close ends the use of s; it may be opened again.
func (s *ClickHouse) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = false
	for _, reader := range s.readers {
		reader.session.Close()
	}
	s.readers = nil
	return nil
}

// Total is the number of commits, or -1 while s is not open.
func (s *ClickHouse) Total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		return -1
	}
	return s.total
}

var errDatabaseNotOpen = errors.New("clickhouse: the database is not open: call Open first, or read it through a pipeline")

// opened gives the repository that Open has found.
func (s *ClickHouse) opened() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		return "", errDatabaseNotOpen
	}
	return s.repo, nil
}

// connected connects for a reading of the repository that Open has found.
func (s *ClickHouse) connected(ctx context.Context) (repo string, session *schema.Session, err error) {
	if repo, err = s.opened(); err != nil {
		return "", nil, err
	}
	session, err = s.connect(ctx)
	return repo, session, err
}

// Read emits the commits, complete.
func (s *ClickHouse) Read(ctx context.Context, emit func(*stage.Commit) error) error {
	repo, err := s.opened()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	windows := make(chan []*stage.Commit)
	var reader conc.WaitGroup
	defer reader.Wait()
	defer cancel(nil) // first: emit may panic, and the reader wait for it
	reader.Go(func() {
		defer close(windows)
		if err := s.readWindows(ctx, repo, windows); err != nil {
			cancel(err)
		}
	})
	for window := range windows {
		for _, c := range window {
			if err := emit(c); err != nil {
				cancel(err)
				return err
			}
		}
	}
	return context.Cause(ctx)
}

// readWindows sends the commits, a window at a time.
func (s *ClickHouse) readWindows(ctx context.Context, repo string, windows chan<- []*stage.Commit) error {
	session, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	reader := windowReader{session: session, db: s.Database, repo: repo, contents: s.Contents}
	return s.plan(ctx, session, repo, func(positions []uint64) error {
		window, err := reader.read(ctx, positions)
		if err != nil {
			return err
		}
		select {
		case windows <- window:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// The bounds of a window and of a page of the plan.
const (
	windowBytes   = 8 << 20
	windowCommits = 1024
	planCommits   = 16 * windowCommits
)

// plan cuts the commits that fit the selection into windows, by their sizes.
func (s *ClickHouse) plan(ctx context.Context, session *schema.Session, repo string, each func(positions []uint64) error) error {
	conditions, arguments := s.Selection.conditions(s.Database)
	var positions, sizes proto.ColUInt64
	from, err := s.begin(ctx, session, repo)
	if err != nil {
		return err
	}
	for {
		var page, bytes []uint64
		err := session.Do(ctx, func() schema.Query {
			page, bytes = page[:0], bytes[:0]
			return schema.Query{
				Text: "SELECT position, bytes FROM " + s.Database.Table("commits") + " FINAL" +
					" WHERE repo = {repo:String} AND position >= {from:UInt64}" + conditions +
					fmt.Sprintf(" ORDER BY position LIMIT %d", planCommits),
				Arguments: append([]schema.Argument{{Name: "repo", Value: repo}, {Name: "from", Value: from}}, arguments...),
				Result:    proto.Results{{Data: &positions}, {Data: &sizes}},
				OnResult: func(context.Context, proto.Block) error {
					page, bytes = append(page, positions...), append(bytes, sizes...)
					return nil
				},
			}
		})
		if err != nil {
			return err
		}
		begin, sum := 0, uint64(0)
		for i := range page {
			if i > begin && (sum+bytes[i] > windowBytes || i-begin == windowCommits) {
				if err := each(page[begin:i]); err != nil {
					return err
				}
				begin, sum = i, 0
			}
			sum += bytes[i]
		}
		if begin < len(page) {
			if err := each(page[begin:]); err != nil {
				return err
			}
		}
		if len(page) < planCommits {
			return nil
		}
		from = page[len(page)-1] + 1
	}
}
