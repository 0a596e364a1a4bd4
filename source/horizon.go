package source

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/commitflow/commitflow/source/internal/commitobj"
	"github.com/commitflow/commitflow/stage"
)

// mainRelease matches the names of main releases: v6.1, 2024.01, v2.6.39. Stable
// releases (v6.1.5) are none.
var mainRelease = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z-]*[-_])?v?(2\.6\.\d+|\d+\.\d+)$`)

// Horizon tells when the last of the chosen commits was made, and when there were
// main releases, by the tags that [Git.Releases] gives. It opens g if it is not open
// yet.
func (g *Git) Horizon(ctx context.Context) (h stage.Horizon, err error) {
	releases, err := g.Releases(ctx)
	if err != nil {
		return h, err
	}
	objects, history, err := g.opened()
	if err != nil {
		return h, err
	}
	made := func(commit stage.Hash) (int64, error) {
		raw, err := objects.Commit(ctx, commit)
		if err != nil {
			return 0, err
		}
		return commitobj.Message(raw).Seconds, nil
	}
	if h.End, err = made(history.revisions[len(history.revisions)-1]); err != nil {
		return h, fmt.Errorf("the newest commit: %w", err)
	}
	for _, release := range releases {
		if !mainRelease.MatchString(release.Name) {
			continue
		}
		seconds, err := made(release.Commit)
		switch {
		case errors.Is(err, stage.ErrMissing): // a tag of what is not here
		case err != nil:
			return h, fmt.Errorf("release %s: %w", release.Name, err)
		default:
			h.Releases = append(h.Releases, seconds)
		}
	}
	slices.Sort(h.Releases)
	return h, nil
}
