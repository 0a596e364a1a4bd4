package stage

import "context"

// Commits gives any commit of a history, wherever the stream is: what a stage
// needs of the other end of a link. Implementations are safe for concurrent use.
type Commits interface {
	// Commit loads a commit with its changed files, as the source of the history
	// would; it need not know the position. The commit belongs to the caller. An
	// error that wraps [ErrMissing] tells that the repository does not hold it.
	Commit(ctx context.Context, hash Hash) (*Commit, error)
}
