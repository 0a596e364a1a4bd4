package source

import (
	"errors"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
)

// What keeps a repository from being read. They come from Open, before any
// work is done, and each says what to do about it.
var (
	ErrGitMissing    = gitcmd.ErrGitMissing
	ErrGitTooOld     = gitcmd.ErrGitTooOld
	ErrNotRepository = gitcmd.ErrNotRepository
	ErrNotTrusted    = gitcmd.ErrNotTrusted
	ErrObjectFormat  = gitcmd.ErrObjectFormat

	// ErrUnknownRevision tells that the repository has no such revision.
	ErrUnknownRevision = errors.New("unknown revision")
	// ErrEmptyHistory tells that the repository, or the range asked for, has no
	// commits.
	ErrEmptyHistory = errors.New("no commits")
	// ErrRewritten tells that the history is not the one that a checkpoint was
	// made for.
	ErrRewritten = errors.New("the history has changed")
)
