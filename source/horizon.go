package source

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/stage"
)

// releaseTag matches the tags of main releases: v6.1, 2024.01, v2.6.39. Candidates
// (-rc1) and stable releases (v6.1.5) are none.
var releaseTag = regexp.MustCompile(`^v?(2\.6\.\d+|\d+\.\d+) (-?\d+)$`)

// Horizon tells when the last of the chosen commits was made, and when the
// repository's tags say that there were releases. It opens g if it is not open yet.
func (g *Git) Horizon(ctx context.Context) (stage.Horizon, error) {
	if err := g.Open(ctx); err != nil {
		return stage.Horizon{}, err
	}
	_, revisions, err := g.opened()
	if err != nil {
		return stage.Horizon{}, err
	}
	last, err := g.Commit(ctx, revisions[len(revisions)-1])
	if err != nil {
		return stage.Horizon{}, fmt.Errorf("the newest commit: %w", err)
	}
	h := stage.Horizon{End: last.Committer.Seconds}
	dir := g.Repo
	if dir == "" {
		dir = "."
	}
	repo, err := gitcmd.Open(ctx, dir)
	if err != nil {
		return stage.Horizon{}, err
	}
	err = repo.Lines(ctx, func(line []byte) error {
		if found := releaseTag.FindStringSubmatch(strings.TrimSpace(string(line))); found != nil {
			seconds, err := strconv.ParseInt(found[2], 10, 64)
			if err != nil {
				return fmt.Errorf("date of tag %q: %w", line, err)
			}
			h.Releases = append(h.Releases, seconds)
		}
		return nil
	}, "for-each-ref", "--format=%(refname:strip=2) %(creatordate:unix)", "refs/tags")
	slices.Sort(h.Releases)
	return h, err
}
