// Package command holds what several of the examples have in common: flags with
// their checks, and the stages that go with them.
package command

import (
	"context"
	"flag"
	"os"
	"strings"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// Repository is the history that a command reads, by the flags -repo, -clone and
// -rev and by what follows "--".
type Repository struct {
	Dir       string
	Revisions []string

	url, rev string
}

// Flags adds the flags.
func (r *Repository) Flags(flags *flag.FlagSet) {
	flags.StringVar(&r.Dir, "repo", "", `directory of the repository (default "."; with -clone, where the clone goes)`)
	flags.StringVar(&r.url, "clone", "", "URL of a repository to clone first, bare")
	flags.StringVar(&r.rev, "rev", "", "revision or range to read (default HEAD); arguments of git rev-list go after --")
}

// Parsed takes what follows the flags.
func (r *Repository) Parsed(arguments []string) {
	switch {
	case r.Dir == "" && r.url != "":
		r.Dir = source.CloneName(r.url)
	case r.Dir == "":
		r.Dir = "."
	}
	r.Revisions = append(strings.Fields(r.rev), arguments...)
}

// Clone clones the repository, if that was asked for.
func (r *Repository) Clone(ctx context.Context) error {
	if r.url == "" {
		return nil
	}
	return source.Clone(ctx, r.url, r.Dir, os.Stderr)
}

// Horizon tells how far the history goes. It reads it with a source of its own,
// since that of a pipeline opens when the run begins.
func (r *Repository) Horizon(ctx context.Context) (stage.Horizon, error) {
	git := &source.Git{Repo: r.Dir, Revisions: r.Revisions}
	defer git.Close()
	return git.Horizon(ctx)
}

// String names repository and revisions.
func (r *Repository) String() string {
	return strings.Join(append([]string{r.Dir}, r.Revisions...), " ")
}
