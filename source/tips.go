package source

import (
	"cmp"
	"context"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
)

// Tips gives what the revisions mean at this time: the commits or tags from which the
// history is read, as hashes, and with "^" those that are left out with all that they
// reach. There are none where git-rev-parse(1) does not understand the revisions: if
// they do not exist, Open tells so; and it knows no options whose value is an argument
// of its own, as in "--since 2020-01-01". g need not be open.
func (g *Git) Tips(ctx context.Context) ([]string, error) {
	repo, err := gitcmd.Open(ctx, cmp.Or(g.Repo, "."))
	if err != nil {
		return nil, err
	}
	chosen, err := resolve(ctx, repo, g.Revisions)
	if err != nil {
		return nil, ctx.Err()
	}
	return chosen.Revisions, nil
}
