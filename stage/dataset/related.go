package dataset

import (
	"container/list"
	"context"
	"errors"
	"sync"

	"github.com/commitflow/commitflow/stage"
)

// Related loads the commits that links lead to, with their patches and contents,
// and keeps those used last. It is made with its fields and used by pointer, by any
// number of modes and workers at once; what it gives is shared and must not be
// changed.
type Related struct {
	// Commits is usually the source of the pipeline.
	Commits stage.Commits
	// Parser makes the patches. Contents are loaded in any case.
	Parser stage.DiffParser
	// MaxBytes bounds the commits that are kept; 0 means 64 MiB. One that is larger
	// than a quarter of that is not kept.
	MaxBytes int

	mu    sync.Mutex
	bytes int
	kept  map[stage.Hash]*list.Element
	used  list.List // of *relatedCommit, the one used last in front
}

type relatedCommit struct {
	commit *stage.Commit // nil where the repository has none
	hash   stage.Hash
	size   int
}

const defaultRelatedBytes = 64 << 20

var errNoRelated = errors.New("no Related: the mode looks at other commits, so give it a Related with the source of the commits")

// Open checks that there is a source.
func (r *Related) Open(ctx context.Context) error {
	if r == nil || r.Commits == nil {
		return errNoRelated
	}
	return r.Parser.Open(ctx)
}

// load gives a commit with its patches, or nil if the repository does not hold it.
func (r *Related) load(ctx context.Context, hash stage.Hash) (*stage.Commit, error) {
	if c, ok := r.find(hash); ok {
		return c, nil
	}
	c, err := r.Commits.Commit(ctx, hash)
	if errors.Is(err, stage.ErrMissing) {
		r.keep(&relatedCommit{nil, hash, 64})
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if c.Blobs != nil { // otherwise it came with its patches
		parser := r.Parser
		parser.Contents = true
		if err := parser.Process(ctx, c, func(*stage.Commit) {}); err != nil {
			return nil, err
		}
	}
	r.keep(&relatedCommit{c, hash, c.Size()})
	return c, nil
}

func (r *Related) find(hash stage.Hash) (*stage.Commit, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	element, ok := r.kept[hash]
	if !ok {
		return nil, false
	}
	r.used.MoveToFront(element)
	return element.Value.(*relatedCommit).commit, true
}

func (r *Related) keep(c *relatedCommit) {
	most := r.MaxBytes
	if most <= 0 {
		most = defaultRelatedBytes
	}
	if c.size > most/4 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.kept[c.hash]; ok { // loaded twice at a time
		return
	}
	if r.kept == nil {
		r.kept = map[stage.Hash]*list.Element{}
	}
	r.kept[c.hash] = r.used.PushFront(c)
	for r.bytes += c.size; r.bytes > most; {
		last := r.used.Back()
		r.used.Remove(last)
		gone := last.Value.(*relatedCommit)
		delete(r.kept, gone.hash)
		r.bytes -= gone.size
	}
}

// linked gives the commits that links of the kinds lead to, in the order of the
// links, without those that the repository does not hold.
func (r *Related) linked(ctx context.Context, c *stage.Commit, kinds ...stage.LinkKind) ([]linkedCommit, error) {
	var found []linkedCommit
	for _, link := range c.Links {
		for _, kind := range kinds {
			if link.Kind != kind {
				continue
			}
			other, err := r.load(ctx, link.Commit)
			if err != nil {
				return nil, err
			}
			if other != nil {
				found = append(found, linkedCommit{link, other})
			}
		}
	}
	return found, nil
}

// linkedCommit is the other end of a link.
type linkedCommit struct {
	link   stage.Link
	commit *stage.Commit
}

// newestOf gives the latest of the committers' times, in seconds since 1970.
func newestOf(commits []linkedCommit) (newest int64) {
	for i := range commits {
		newest = max(newest, commits[i].commit.Committer.Seconds)
	}
	return newest
}

// days gives how many days lie between two commits, by their committers' clocks;
// -1 where they contradict the history.
func days(from, to *stage.Commit) int {
	seconds := to.Committer.Seconds - from.Committer.Seconds
	if seconds < 0 {
		return -1
	}
	return int(seconds / (24 * 60 * 60))
}
