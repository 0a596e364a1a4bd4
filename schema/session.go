package schema

import (
	"context"
	"fmt"
	"time"
)

// Session runs queries one after the other, over one connection that it makes
// anew after every error. A Session is not safe for concurrent use.
type Session struct {
	db   Database
	conn *connection
	// Patience is how long a server that has gone is waited for.
	Patience time.Duration
}

// Open connects to the database and checks that its tables are there and of
// this library's version. It tries once: what is wrong from the start is told
// at once.
func Open(ctx context.Context, db Database) (*Session, error) {
	if err := db.Check(); err != nil {
		return nil, err
	}
	s := &Session{db: db}
	version := 0
	if err := s.attempt(ctx, func() Query { return db.versionQuery(&version) }); err != nil {
		return nil, err
	}
	if err := db.checkVersion(version); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// The waits between tries.
const (
	firstWait = 50 * time.Millisecond
	maxWait   = 3 * time.Second
)

// Do runs the query that make gives. If the server cannot be reached or says
// that it is busy, Do connects again and calls make anew, for as long as
// Patience lasts; so the query must do no harm when it is run twice. Other
// errors are returned at once, and so is ctx's end.
func (s *Session) Do(ctx context.Context, make func() Query) error {
	var begun time.Time
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		err := s.attempt(ctx, make)
		if err == nil || !passing(err) {
			return err
		}
		if begun.IsZero() {
			begun = time.Now()
		}
		if waited := time.Since(begun); waited+wait > s.Patience {
			return fmt.Errorf("%w (given up after %v)", err, waited.Round(time.Millisecond))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// attempt runs the query once.
func (s *Session) attempt(ctx context.Context, make func() Query) error {
	if s.conn == nil {
		conn, err := s.db.connect(ctx, s.db.name())
		if err != nil {
			return err
		}
		s.conn = conn
	}
	err := s.conn.do(ctx, make())
	if err != nil {
		s.Close()
	}
	return err
}

// Close hangs up. The session may be used again.
func (s *Session) Close() {
	if s.conn != nil {
		s.conn.close()
		s.conn = nil
	}
}
