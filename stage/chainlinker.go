package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ChainLinker links the commits of a history to each other: fixes to what they
// fix, reverts to what they revert, reapplies to what they bring back, backports
// to their originals, and commits for the stable trees to what they require.
// Both ends know of each other when a commit passes, since [ChainLinker.Open]
// reads all messages in a quick pass before the run and keeps an index of them:
// some 50 bytes per commit.
//
// A reference is resolved by its hash, where exactly one commit before the
// referring one has that abbreviation, else by the subject it quotes; see
// [LinkBasis] and [LinkConfidence]. Where a hash is right and the quoted subject
// is not, the link says so. What a reference cannot be resolved to stays in
// Commit.Unresolved with its reason: where only a part of a history is read, the
// commits before it are unknown.
//
// Subjects are compared without regard to case, white space, quotes and final
// dots. Several commits may have the same subject: for `Fixes:` that is
// ambiguous, for a revert or a reapply the last one before it is meant.
//
// `Revert "Revert "x""` and `Reapply "x"` revert the revert and reapply x. The
// whole chain gives a commit's [State] at the end of the history that was read.
// Reverts in part do not count. If the history has several tips, such as a main
// and a stable branch, a revert counts on those that hold it, and a commit is
// Reverted where every tip that holds it has reverted it.
//
// Of a fix it is told how long the bug lived, see [Link]. Releases are counted
// if the source is a [ReleaseSource]: those that hold the bug without the fix,
// on the way to the first that has the fix. What no release holds yet counts up
// to the tip.
//
// One linker serves several streams of one pipeline, so that a main history and
// a stable one, or two repositories, know of each other:
//
//	linker := &stage.ChainLinker{Messages: mainline, Others: []stage.MessageSource{stable}}
//	upstream := stage.Through(stage.From(p, mainline), linker)
//	backports := stage.Through(stage.From(p, stable), linker)
//
// With several workers Process may be called concurrently, after Open. A
// linker must not be copied after Open, and serves one run at a time.
type ChainLinker struct {
	// Messages gives the messages of the history, usually the source of the
	// pipeline.
	Messages MessageSource
	// Others are further histories that links may come from and lead to. Their
	// commits count as coming after those of Messages, and each after those of
	// the one before it; commits that several have count once.
	Others []MessageSource
	// PatchIDs links commits with equal patches as well, as `git patch-id
	// --stable` compares them: backports without a marker, and patches that come
	// again after a revert. All patches of all histories are made for that
	// before the run, which takes about as long as the run itself; the histories
	// have to be a [Loader] of commits.
	PatchIDs bool
	// Groups makes the linker know which commits belong together: see
	// [ChainLinker.Linked] and [ChainLinker.Series]. That takes another 32 bytes per
	// commit.
	Groups bool

	mu    sync.Mutex
	users int // stages that have opened the linker
	index *historyIndex
}

var (
	_ Opener                      = (*ChainLinker)(nil)
	_ Closer                      = (*ChainLinker)(nil)
	_ Configured                  = (*ChainLinker)(nil)
	_ Processor[*Commit, *Commit] = (*ChainLinker)(nil)
)

// Open reads all messages and resolves all references. It takes about as long
// as the sources take to read the messages. The second stage that opens the
// linker shares the index of the first.
func (l *ChainLinker) Open(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users > 0 {
		l.users++
		return nil
	}
	if l.Messages == nil {
		return errors.New("ChainLinker: no Messages: give it the source of the commits")
	}
	index, err := buildHistory(ctx, append([]MessageSource{l.Messages}, l.Others...), l.PatchIDs, l.Groups)
	if err != nil {
		return fmt.Errorf("ChainLinker: %w", err)
	}
	l.index, l.users = index, 1
	return nil
}

// Close ends the use by one stage. The index stays until the linker is opened
// again, for [ChainLinker.Counts].
func (l *ChainLinker) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users = max(0, l.users-1)
	return nil
}

// Configuration names what a checkpoint must not change under a run.
func (l *ChainLinker) Configuration() map[string]string {
	return map[string]string{
		"patch-ids": strconv.FormatBool(l.PatchIDs),
		"histories": strconv.Itoa(1 + len(l.Others)),
	}
}

// Process sets Links, Unresolved, State, FixDepth and Stable. Links hold first
// what the commit says of others, in the order of [References], then what others
// say of it, in the order of the history, then what equal patches tell. A commit
// that the quick pass did not give has no links.
func (l *ChainLinker) Process(_ context.Context, c *Commit, emit func(*Commit)) error {
	if l.index == nil {
		return errors.New("ChainLinker: Process before Open")
	}
	c.Stable = stableRequests(c.Trailers)
	if ordinal, ok := l.index.find(c.Hash, c.Position); ok {
		c.Links = l.index.links(ordinal)
		c.Unresolved = l.index.unresolved(ordinal, c.Message)
		c.State, c.FixDepth = l.index.states[ordinal], int(l.index.depths[ordinal])
	} else {
		c.Links, c.Unresolved = nil, unresolvedReferences(c.Message)
		c.State, c.FixDepth = InEffect, 0
	}
	emit(c)
	return nil
}

// links gives the links of a commit, each pair of kind and commit once.
func (x *historyIndex) links(ordinal uint32) []Link {
	out, in := x.out.of(ordinal), x.in.of(ordinal)
	var same []edge
	if x.same.start != nil {
		same = x.same.of(ordinal)
	}
	if len(out)+len(in)+len(same) == 0 {
		return nil
	}
	links := make([]Link, 0, len(out)+len(in)+len(same))
	for i, e := range out {
		if e.reason == edgeResolved && !slices.ContainsFunc(out[:i], e.samePair) {
			links = append(links, x.link(ordinal, e))
		}
	}
	for i, e := range in {
		// Popular commits have long lists; in them the edges of one commit are
		// neighbours.
		first := i
		for first > 0 && in[first-1].commit == e.commit {
			first--
		}
		if !slices.ContainsFunc(in[first:i], e.samePair) {
			links = append(links, x.link(ordinal, e))
		}
	}
	for _, e := range same {
		links = append(links, x.link(ordinal, e))
	}
	if len(links) == 0 {
		return nil
	}
	return links
}

// samePair tells whether two edges of a list say the same.
func (e edge) samePair(other edge) bool {
	return e.reason == edgeResolved && other.reason == edgeResolved && e.kind == other.kind && e.commit == other.commit
}

// unresolved gives the references of a commit that found nothing.
func (x *historyIndex) unresolved(ordinal uint32, message string) []Reference {
	edges := x.out.of(ordinal)
	if !slices.ContainsFunc(edges, func(e edge) bool { return e.reason != edgeResolved }) {
		return nil
	}
	// The quick pass saw the message in its own encoding. Where that has made
	// a difference the texts of the references cannot be told.
	stated := References(message)
	var references []Reference
	for i, e := range edges {
		if e.reason == edgeResolved {
			continue
		}
		reference := Reference{Kind: edgeKinds[e.kind], Partial: e.marks&markPartial != 0}
		if len(stated) == len(edges) {
			reference = stated[i]
		}
		reference.Reason = edgeReasons[e.reason]
		references = append(references, reference)
	}
	return references
}

// unresolvedReferences gives all references of a message that belongs to no
// known history.
func unresolvedReferences(message string) []Reference {
	references := References(message)
	for i := range references {
		if references[i].Reason == "" {
			references[i].Reason = UnresolvedUnknown
		}
	}
	return references
}

// LinkCount tells what became of the references of one kind.
type LinkCount struct {
	Kind LinkKind
	// Stated is the number of references that the messages make; it is the sum
	// of the others, SubjectDiffers aside.
	Stated int
	// How the resolved ones were established.
	ByHash, ByPrefix, BySubject int
	// SubjectDiffers counts those resolved by a hash whose commit has another
	// subject than the one quoted.
	SubjectDiffers int
	// Why the others were not.
	Unknown, Ambiguous, Newer, Malformed int
	// ByPatchID counts the links that equal patches tell, which no message
	// states.
	ByPatchID int
}

// Resolved is the number of references that became links.
func (c LinkCount) Resolved() int { return c.ByHash + c.ByPrefix + c.BySubject }

// Unresolved is the number of references that did not.
func (c LinkCount) Unresolved() int { return c.Stated - c.Resolved() }

// String tells the counts in one line, those that are 0 left out.
func (c LinkCount) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d stated, %d resolved", c.Kind, c.Stated, c.Resolved())
	parts := []struct {
		what  string
		count int
	}{
		{"by hash", c.ByHash}, {"by prefix", c.ByPrefix}, {"by subject", c.BySubject},
		{"of another subject than quoted", c.SubjectDiffers},
		{UnresolvedUnknown, c.Unknown}, {UnresolvedAmbiguous, c.Ambiguous},
		{UnresolvedNewer, c.Newer}, {UnresolvedMalformed, c.Malformed},
		{"more by equal patches", c.ByPatchID},
	}
	for _, part := range parts {
		if part.count > 0 {
			fmt.Fprintf(&b, ", %d %s", part.count, part.what)
		}
	}
	return b.String()
}

// Counts tells what became of the references of the whole history, for each of
// the kinds that a message can state: [Fixes], [Reverts], [Reapplies],
// [BackportOf] and [Requires]. It is known as soon as Open has returned, and nil before.
func (l *ChainLinker) Counts() []LinkCount {
	if l.index == nil {
		return nil
	}
	counts := make([]LinkCount, len(edgeKinds)/2)
	for i := range counts {
		counts[i].Kind = edgeKinds[2*i]
	}
	for _, e := range l.index.out.edges {
		count := &counts[e.kind/2]
		count.Stated++
		if e.marks&markSubjectDiffers != 0 {
			count.SubjectDiffers++
		}
		if e.reason != edgeResolved {
			*[]*int{nil, &count.Unknown, &count.Ambiguous, &count.Newer, &count.Malformed}[e.reason]++
		} else {
			*[]*int{&count.ByHash, &count.ByPrefix, &count.BySubject}[e.basis]++
		}
	}
	for _, e := range l.index.same.edges {
		if e.kind%2 == 0 {
			counts[e.kind/2].ByPatchID++
		}
	}
	return counts
}
