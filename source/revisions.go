package source

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/source/internal/walk"
	"github.com/commitflow/commitflow/stage"
)

// Commits that were read for the list are kept beside the cache, for messages and
// until they are loaded: up to the one part of its budget before the first is
// loaded, as long as the cache is all but empty, and up to the other from then on.
const (
	keptShare    = 4
	loadingShare = 8
	// longHistory is the part of the commits that must have been kept to be worth the
	// memory from then on, which at the first commit of a large tree is needed.
	longHistory = 4
)

// listRevisions lists the commits that args choose; there must be one at least.
func listRevisions(ctx context.Context, repo *gitcmd.Repository, objects *object.Store, args []string) ([]stage.Hash, *walk.Kept, error) {
	var revisions []stage.Hash
	var kept *walk.Kept
	chosen, err := resolve(ctx, repo, args)
	if err == nil {
		revisions, kept, err = chosen.list(ctx, repo, objects, nil)
	} else {
		// git-rev-parse knows no options whose value is an argument of its own,
		// as in "--since 2020-01-01".
		revisions, err = revList(ctx, repo, noPaths(args))
	}
	if err != nil {
		return nil, nil, explain(ctx, repo, err)
	}
	if len(revisions) == 0 {
		return nil, nil, emptySelection(ctx, repo, args)
	}
	return slices.Clip(revisions), kept, nil
}

// selection is what a user's revisions mean at one time.
type selection struct {
	// Revisions are objects, with "^" before those that are to be left out with
	// all that they reach.
	Revisions []string `json:"revisions"`
	// Options are what there was beside revisions, with dates made absolute, and
	// paths after "--".
	Options []string `json:"options,omitempty"`
}

// resolve finds what arguments of git-rev-list(1) mean now.
func resolve(ctx context.Context, repo *gitcmd.Repository, args []string) (s selection, err error) {
	out, err := repo.Output(ctx, append([]string{"rev-parse", "--default", "HEAD"}, noPaths(args)...)...)
	if err != nil {
		return s, err
	}
	paths := false
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSuffix(line, "\n")
		_, err := stage.ParseHash(strings.TrimPrefix(line, "^"))
		if paths = paths || line == "--"; err == nil && !paths {
			s.Revisions = append(s.Revisions, line)
		} else {
			s.Options = append(s.Options, line)
		}
	}
	return s, nil
}

// tips are the revisions of which the commits are listed.
func (s *selection) tips() (tips []string) {
	for _, revision := range s.Revisions {
		if !strings.HasPrefix(revision, "^") {
			tips = append(tips, revision)
		}
	}
	return tips
}

// list lists the commits selected, oldest first and parents before children,
// without those known before. Where anything narrows the selection down, git is
// asked, which need not read all of the history then; both ways give the same
// order, but only the other one keeps commits.
func (s *selection) list(ctx context.Context, repo *gitcmd.Repository, objects *object.Store, known []string) ([]stage.Hash, *walk.Kept, error) {
	if len(s.tips()) == 0 {
		return nil, nil, nil
	}
	revisions := slices.Clone(s.Revisions)
	for _, tip := range known {
		revisions = append(revisions, "^"+tip)
	}
	options, paths := s.Options, []string{"--"}
	if i := slices.Index(s.Options, "--"); i >= 0 {
		options, paths = s.Options[:i], s.Options[i:]
	}
	if len(options) > 0 || len(paths) > 1 || len(s.tips()) < len(revisions) {
		listed, err := revList(ctx, repo, slices.Concat(options, revisions, paths))
		return listed, nil, err
	}
	tips := make([]stage.Hash, len(revisions))
	for i, revision := range revisions {
		var err error
		if tips[i], err = stage.ParseHash(revision); err != nil {
			return nil, nil, err
		}
	}
	return walk.List(ctx, objects, tips, runtime.GOMAXPROCS(0), objects.CacheBytes()/keptShare)
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
