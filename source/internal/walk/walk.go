// Package walk lists the commits of a history in topological order, as
// `git rev-list --topo-order --reverse` does.
//
// It reads each commit once, through the object store that keeps it for the
// passes that follow, instead of having git read them all before the first one
// is known here. As the next commit to read is known only once the last one was,
// histories are read by the block instead: what lies next to a commit in its
// pack is most often near to it in the history as well. Memory is about a
// hundred bytes a commit while the list is made, and twenty for the list.
package walk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/commitflow/commitflow/source/internal/commitobj"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/stage"
)

// ErrNoCommit tells that what stands as a parent is a tree or a blob.
var ErrNoCommit = errors.New("not a commit")

// Objects reads commits and tags, and knows where a shallow clone ends.
type Objects interface {
	Get(ctx context.Context, id stage.Hash) (object.Type, []byte, error)
	Blocks() *object.Blocks
	Graft(commit stage.Hash) (parents []stage.Hash, ok bool)
}

// List gives the commits that the tips reach, oldest first: parents before
// children, and lines of history one after the other. Tips may be tags; those that
// are trees or blobs, as some tags of Linux and git name, lead to no commits. Errors
// name the object that cannot be read. As many goroutines as there are readers read
// ahead. Of the commits as they are stored it keeps up to so many bytes.
func List(ctx context.Context, objects Objects, tips []stage.Hash, readers, keep int) ([]stage.Hash, *Kept, error) {
	g := graph{
		objects: objects,
		places:  make(map[stage.Hash]int32),
		ahead:   newAhead(ctx, objects, readers),
		keeper:  keeper{most: keep},
	}
	defer g.ahead.close()
	starts, err := g.reach(ctx, tips)
	if err != nil {
		return nil, nil, err
	}
	order := g.order(starts)
	list := make([]stage.Hash, len(order))
	for position, place := range order {
		list[position] = g.commits[place].id
	}
	return list, g.kept(order), nil
}

// graph is what is known of the commits, each by its place in the order in which
// they were found: of those visited, and of others that lie next to them.
type graph struct {
	objects Objects
	places  map[stage.Hash]int32
	commits []commit
	parents []int32 // of all commits, one after the other
	visited []int32 // the places of those that the tips lead to, the next ones last
	ahead   *ahead
	keeper  keeper
}

type commit struct {
	id stage.Hash
	// Its parents are parents[first : first+count].
	first    int32
	count    int32
	children int32 // not listed yet
	at       keptPlace
	seconds  int64 // the committer's time, of tips
	known    bool  // its parents are
	tip      bool
	visited  bool
}

// reach reads all commits that the tips lead to. It gives the places of the tips.
func (g *graph) reach(ctx context.Context, tips []stage.Hash) (starts []int32, err error) {
	for _, tip := range tips {
		id, seconds, ok, err := g.peel(ctx, tip)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		place := g.place(id)
		if c := &g.commits[place]; !c.tip {
			c.tip, c.seconds = true, seconds
			starts = append(starts, place)
		}
		g.visit(place)
	}
	for done := 0; done < len(g.visited); done++ {
		place := g.visited[done]
		if err := g.read(ctx, place); err != nil {
			return nil, err
		}
		for _, parent := range g.parentsOf(place) {
			g.visit(parent)
		}
	}
	return starts, nil
}

// visit notes that a commit is to be read.
func (g *graph) visit(place int32) {
	if c := &g.commits[place]; !c.visited {
		c.visited = true
		g.visited = append(g.visited, place)
	}
}

func (g *graph) parentsOf(place int32) []int32 {
	c := &g.commits[place]
	return g.parents[c.first : c.first+c.count]
}

// place gives the place of a commit, a new one if need be.
func (g *graph) place(id stage.Hash) int32 {
	place, ok := g.places[id]
	if !ok {
		place = int32(len(g.commits))
		g.places[id] = place
		g.commits = append(g.commits, commit{id: id})
	}
	return place
}

// read finds a commit's parents.
func (g *graph) read(ctx context.Context, place int32) error {
	if g.commits[place].known {
		return nil
	}
	id := g.commits[place].id
	if b := g.ahead.take(id, len(g.visited)); b != nil {
		g.addBlock(b)
		if g.commits[place].known {
			return nil
		}
	}
	typ, raw, err := g.objects.Get(ctx, id)
	if err != nil {
		return err
	}
	if typ != object.Commit {
		return fmt.Errorf("object %s is a %s: %w", id, typ, ErrNoCommit)
	}
	parents, err := commitobj.Parents(raw, nil)
	if err != nil {
		return fmt.Errorf("commit %s: %w", id, err)
	}
	g.add(place, parents)
	return nil
}

// add enters what was read of a commit.
func (g *graph) add(place int32, parents []stage.Hash) {
	if grafted, ok := g.objects.Graft(g.commits[place].id); ok {
		parents = grafted
	}
	first := int32(len(g.parents))
	for _, parent := range parents {
		g.parents = append(g.parents, g.place(parent))
	}
	c := &g.commits[place]
	c.first, c.count, c.known = first, int32(len(parents)), true
}

// addBlock enters the commits of a block.
func (g *graph) addBlock(b *block) {
	rest := b.parents
	kept := g.keeper.add(b.raw)
	for i := range b.commits {
		c := &b.commits[i]
		place := g.place(c.id)
		if !g.commits[place].known {
			g.add(place, rest[:c.parents])
		}
		g.commits[place].at = keptPlace{kept, uint32(i + 1)}
		rest = rest[c.parents:]
	}
	b.commits, b.parents, b.raw = nil, nil, nil
}

// mostTags is how many tags may lie before a commit.
const mostTags = 100

// peel follows tags of tags to the commit that they name, and gives its time. ok is
// false where they name something else.
func (g *graph) peel(ctx context.Context, id stage.Hash) (commit stage.Hash, seconds int64, ok bool, err error) {
	for range mostTags {
		typ, raw, err := g.objects.Get(ctx, id)
		switch {
		case err != nil:
			return id, 0, false, err
		case typ == object.Commit:
			seconds = commitobj.Message(raw).Seconds
			return id, seconds, true, nil
		case typ != object.Tag:
			return id, 0, false, nil
		}
		if id, err = commitobj.Tagged(raw); err != nil {
			return id, 0, false, fmt.Errorf("tag %s: %w", id, err)
		}
	}
	return id, 0, false, fmt.Errorf("tag %s: tags of tags, more than %d", id, mostTags)
}

// order lists the commits, children before parents and then reversed. Whenever
// all children of several commits are listed, the one found last comes first: so
// a line of history is followed to its end, and what a merge has brought in comes
// right behind it. Of the tips the latest is first.
func (g *graph) order(starts []int32) []int32 {
	for _, place := range g.visited {
		for _, parent := range g.parentsOf(place) {
			g.commits[parent].children++
		}
	}
	slices.SortStableFunc(starts, func(a, b int32) int {
		return cmp.Compare(g.commits[b].seconds, g.commits[a].seconds)
	})
	var ready []int32 // the last is next
	for _, place := range slices.Backward(starts) {
		if c := &g.commits[place]; c.children == 0 {
			ready = append(ready, place)
		}
	}
	listed := len(g.visited)
	order := make([]int32, listed)
	for len(ready) > 0 {
		place := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		listed--
		order[listed] = place
		for _, parent := range g.parentsOf(place) {
			c := &g.commits[parent]
			if c.children--; c.children == 0 {
				ready = append(ready, parent)
			}
		}
	}
	return order
}
