package source

import (
	"bytes"
	"context"
	"fmt"
	"regexp"

	"github.com/commitflow/commitflow/stage"
)

// releaseTag is what projects call their releases: "v6.1", "v6.1.12", "1.4.0",
// "U-Boot-1_1_5", "glibc-2.39". Candidates ("v6.1-rc3") are no releases.
var releaseTag = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z-]*[-_])?v?[0-9]+(?:[._][0-9]+)+$`)

// Releases gives the releases of the repository by its tags: those named after
// a version, with an optional name and a "v" before it, but no candidates. Tags
// of other histories are among them. It opens g if it is not open yet, and has
// git read the tags.
func (g *Git) Releases(ctx context.Context) ([]stage.Release, error) {
	if err := g.Open(ctx); err != nil {
		return nil, err
	}
	g.mu.Lock()
	repo := g.repo
	g.mu.Unlock()
	var releases []stage.Release
	err := repo.Lines(ctx, func(line []byte) error {
		fields := bytes.Fields(line)
		if len(fields) < 2 || !releaseTag.Match(fields[0]) {
			return nil
		}
		commit, err := stage.ParseHash(string(fields[len(fields)-1])) // what an annotated tag names comes last
		if err != nil {
			return fmt.Errorf("tag %s: %w", fields[0], err)
		}
		releases = append(releases, stage.Release{Name: string(fields[0]), Commit: commit})
		return nil
	}, "for-each-ref", "--format=%(refname:strip=2) %(objectname) %(*objectname)", "refs/tags")
	if err != nil {
		return nil, fmt.Errorf("releases: %w", err)
	}
	return releases, nil
}
