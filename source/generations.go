package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/source/internal/walk"
	"github.com/commitflow/commitflow/stage"
)

// generation is a part of a history that was listed at one time. A run with a
// checkpoint has one for each time that it found the history grown: so commits
// keep their positions, and what is new comes behind all that was there, parents
// still before children.
type generation struct {
	selection
	// Commits is the number of commits and Digest the SHA-256 of their ids.
	Commits int    `json:"commits"`
	Digest  string `json:"digest"`
}

// generations is the state that a checkpoint keeps for a Git.
type generations struct {
	List []generation `json:"generations"`
}

// beginAnew is what to do when a checkpoint is of no use any more.
const beginAnew = "begin anew with another checkpoint and another output"

// listGenerations lists the commits of the generations that there were, which
// must be the same again, and adds one if the history has grown. With none it
// lists what the user's revisions mean now.
func listGenerations(ctx context.Context, repo *gitcmd.Repository, objects *object.Store, past []generation, args []string) ([]stage.Hash, *walk.Kept, []generation, error) {
	var revisions []stage.Hash
	var kept *walk.Kept // of the first generation, where positions are those of its list
	var known []string  // the tips of the past, to be left out
	for _, g := range past {
		listed, read, err := g.list(ctx, repo, objects, known)
		if ctx.Err() != nil {
			return nil, nil, nil, err
		}
		if err != nil {
			return nil, nil, nil, fmt.Errorf("%w: commits of the checkpoint are gone (%w): %s", ErrRewritten, err, beginAnew)
		}
		if len(listed) != g.Commits || digest(listed) != g.Digest {
			return nil, nil, nil, fmt.Errorf("%w: %d commits where the checkpoint has %d, or others, as after a graft, a replacement or a deeper clone: %s", ErrRewritten, len(listed), g.Commits, beginAnew)
		}
		if len(revisions) == 0 {
			kept = read
		}
		revisions = append(revisions, listed...)
		known = append(known, g.tips()...)
	}
	chosen, err := resolve(ctx, repo, args)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%w; with a checkpoint, options are joined to their values, as in --since=2020-01-01", explain(ctx, repo, err))
	}
	now := generation{selection: chosen}
	if len(past) > 0 {
		now.Options = past[0].Options // a date such as "2 weeks ago" stays what it was
	}
	added, read, err := now.list(ctx, repo, objects, known)
	if err != nil {
		return nil, nil, nil, explain(ctx, repo, err)
	}
	if len(added) > 0 {
		if len(revisions) == 0 {
			kept = read
		}
		now.Commits, now.Digest = len(added), digest(added)
		past = append(slices.Clip(past), now)
		revisions = append(revisions, added...)
	}
	if len(revisions) == 0 {
		return nil, nil, nil, emptySelection(ctx, repo, args)
	}
	return slices.Clip(revisions), kept, past, nil
}

func digest(revisions []stage.Hash) string {
	sum := sha256.New()
	for i := range revisions {
		sum.Write(revisions[i][:])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Resume makes the coming Open list the history in the order of an earlier run,
// with what has been added since behind it, and Read begin at next. It is called
// by pipelines with a checkpoint, see [stage.WithCheckpoint]. Open then fails
// with [ErrRewritten] if the earlier order cannot be had any more. A branch that
// was rewritten meanwhile adds its new commits; the old ones stay, as long as the
// repository holds them.
func (g *Git) Resume(state []byte, next stage.Position) error {
	var past generations
	if state != nil {
		decoder := json.NewDecoder(bytes.NewReader(state))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&past); err != nil {
			return fmt.Errorf("the state of the history: %w", err)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.resuming, g.generations, g.next = true, past.List, next
	return nil
}

// State gives the order of the commits for a checkpoint: the revisions that were
// meant, and a digest of what they selected.
func (g *Git) State() ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.objects == nil {
		return nil, errNotOpen
	}
	return json.Marshal(generations{g.generations})
}

// Configuration names what a checkpoint must not change under a run.
func (g *Git) Configuration() map[string]string {
	return map[string]string{
		"name":         g.Name,
		"revisions":    strings.Join(g.Revisions, " "),
		"merge files":  fmt.Sprint(g.MergeFiles),
		"copies":       fmt.Sprint(g.Copies),
		"rename limit": fmt.Sprint(g.RenameLimit),
		"max object":   fmt.Sprint(g.MaxObject),
	}
}
