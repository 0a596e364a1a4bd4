package stage

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"

	"github.com/sourcegraph/conc/pool"
)

// patchKey is the beginning of a commit's patch-id, enough to tell the patches
// of one history apart; 0 for commits that have none.
type patchKey uint64

// readPatches finds the patch-id of every commit of a history, from the ordinal
// first on. It costs what a run through a DiffParser does.
func (b *historyBuilder) readPatches(ctx context.Context, history MessageSource, first int) error {
	loader, ok := history.(Loader[*Commit])
	if !ok {
		return fmt.Errorf("patch-ids: a %T cannot load commits: use one that is a Loader, such as source.Git, or leave PatchIDs off", history)
	}
	b.patches = append(b.patches, make([]patchKey, len(b.index.hashes)-first)...)
	hashes, keys := b.index.hashes[first:], b.patches[first:]
	workers := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError().WithMaxGoroutines(runtime.GOMAXPROCS(0))
	for at := 0; at < len(hashes); at += patchBlock {
		block := hashes[at:min(at+patchBlock, len(hashes))]
		workers.Go(func(ctx context.Context) error {
			for i, hash := range block {
				if err := ctx.Err(); err != nil {
					return err
				}
				keys[at+i] = patchKeyOf(ctx, loader, hash)
			}
			return nil
		})
	}
	return workers.Wait()
}

// patchBlock is how many commits a goroutine reads at a time.
const patchBlock = 64

// patchKeyOf gives the key of a commit. One that cannot be read has none: it
// fails, and is counted, when the run comes to it.
func patchKeyOf(ctx context.Context, loader Loader[*Commit], hash Hash) patchKey {
	c := &Commit{Hash: hash}
	if err := loader.Load(ctx, c); err != nil || c.IsMerge() {
		return 0
	}
	if err := (DiffParser{}).Process(ctx, c, func(*Commit) {}); err != nil {
		return 0
	}
	id := PatchID(c.Files)
	return patchKey(binary.BigEndian.Uint64(id[:8]))
}

// matchPatches links the commits that have equal patches. The oldest, by the
// committers' times, is what the others were taken from, or what they bring back
// if it was reverted in between. What a message says already is not repeated.
func (b *historyBuilder) matchPatches() {
	x := &b.index
	if len(b.patches) == 0 {
		return
	}
	var ordinals []uint32
	for i, key := range b.patches {
		if key != 0 {
			ordinals = append(ordinals, uint32(i))
		}
	}
	slices.SortFunc(ordinals, func(i, j uint32) int {
		return cmp.Or(cmp.Compare(b.patches[i], b.patches[j]), cmp.Compare(x.seconds[i], x.seconds[j]), cmp.Compare(i, j))
	})
	var links []sameLink
	for start := 0; start < len(ordinals); {
		end := start + 1
		for end < len(ordinals) && b.patches[ordinals[end]] == b.patches[ordinals[start]] {
			end++
		}
		for _, copied := range ordinals[start+1 : end] {
			links = b.appendSame(links, ordinals[start], copied)
		}
		start = end
	}
	x.same = sameLists(links, len(x.hashes))
}

// sameLink is an edge with the commit whose list it belongs to.
type sameLink struct {
	owner uint32
	edge
}

// appendSame adds the two ends of the link between an original and its copy.
func (b *historyBuilder) appendSame(links []sameLink, original, copied uint32) []sameLink {
	x := &b.index
	stated := func(e edge) bool {
		return e.reason == edgeResolved && e.commit == original && (e.kind == edgeBackportOf || e.kind == edgeReapplies)
	}
	if slices.ContainsFunc(x.out.of(copied), stated) {
		return links
	}
	e := edge{commit: original, kind: edgeBackportOf, basis: edgeByPatchID}
	for _, event := range x.in.of(original) {
		if event.kind == edgeReverts+1 && event.marks&markPartial == 0 && original < event.commit && event.commit < copied {
			e.kind = edgeReapplies
		}
	}
	if b.subjects[original] == b.subjects[copied] {
		e.marks = markSubjectAgrees
	}
	back := e
	back.commit, back.kind = copied, e.kind+1
	return append(links, sameLink{copied, e}, sameLink{original, back})
}

// sameLists sorts the links into the lists of their commits.
func sameLists(links []sameLink, n int) edgeList {
	list := edgeList{start: make([]uint32, n+1), edges: make([]edge, len(links))}
	slices.SortFunc(links, func(a, b sameLink) int {
		return cmp.Or(cmp.Compare(a.owner, b.owner), cmp.Compare(a.commit, b.commit), cmp.Compare(a.kind, b.kind))
	})
	for i, link := range links {
		list.start[link.owner+1]++
		list.edges[i] = link.edge
	}
	accumulate(list.start)
	return list
}

func sortByCommit(edges []edge) {
	slices.SortStableFunc(edges, func(a, b edge) int { return cmp.Compare(a.commit, b.commit) })
}
