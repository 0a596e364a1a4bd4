package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/stage"
)

// listRevisions lists the commits that args choose; there must be one at least.
func listRevisions(ctx context.Context, repo *gitcmd.Repository, args []string) ([]stage.Hash, error) {
	revisions, err := revList(ctx, repo, noPaths(args))
	if err != nil {
		return nil, explain(ctx, repo, err)
	}
	if len(revisions) == 0 {
		return nil, emptySelection(ctx, repo, args)
	}
	return slices.Clip(revisions), nil
}

// noPaths keeps git from taking a revision for a path.
func noPaths(args []string) []string {
	if slices.Contains(args, "--") {
		return args
	}
	return append(slices.Clip(args), "--")
}

// revList asks git for commits, oldest first and parents before children: 20
// bytes of memory for each.
func revList(ctx context.Context, repo *gitcmd.Repository, args []string) (revisions []stage.Hash, err error) {
	command := append([]string{"rev-list", "--topo-order", "--reverse", "--default", "HEAD"}, args...)
	err = repo.Lines(ctx, func(line []byte) error {
		id, err := stage.ParseHash(string(line))
		if err != nil {
			return fmt.Errorf("git rev-list printed %.80q instead of a commit: leave out arguments that change what it prints", line)
		}
		revisions = append(revisions, id)
		return nil
	}, command...)
	return revisions, err
}

// explain turns git's complaint about revisions into one that says what to do.
func explain(ctx context.Context, repo *gitcmd.Repository, err error) error {
	var failed *gitcmd.Error
	if !errors.As(err, &failed) || ctx.Err() != nil {
		return err
	}
	for _, sign := range []string{"bad revision", "unknown revision", "bad object", "does not have any commits yet"} {
		if strings.Contains(failed.Stderr, sign) {
			if !hasCommits(ctx, repo) {
				return emptyRepository()
			}
			return fmt.Errorf("%w: %w: `git rev-parse` and `git branch -a` tell which there are", ErrUnknownRevision, err)
		}
	}
	return err
}

// emptySelection tells why nothing was listed.
func emptySelection(ctx context.Context, repo *gitcmd.Repository, args []string) error {
	if !hasCommits(ctx, repo) {
		return emptyRepository()
	}
	return fmt.Errorf("%w: nothing is selected by %q: check the range with `git rev-list`", ErrEmptyHistory, strings.Join(args, " "))
}

func emptyRepository() error {
	return fmt.Errorf("%w: the repository is empty: commit to it, or name another one", ErrEmptyHistory)
}

// hasCommits tells whether any ref, or a detached HEAD, leads to a commit.
func hasCommits(ctx context.Context, repo *gitcmd.Repository) bool {
	out, err := repo.Output(ctx, "rev-list", "--max-count=1", "--all")
	return err != nil || len(out) > 0
}
