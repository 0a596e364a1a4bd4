package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ChainLinker links the commits of a history to each other: fixes to what they
// fix, reverts to what they revert, reapplies to what they bring back, and
// backports to their originals. Both ends know of each other when a commit
// passes, since [ChainLinker.Open] reads all messages in a quick pass before
// the run and keeps an index of them: some 40 bytes per commit.
//
// A reference is resolved by its hash, where exactly one commit before the
// referring one has that abbreviation, else by the subject it quotes; see
// [LinkBasis]. Where a hash is right and the quoted subject is not, the link
// says so. What a reference cannot be resolved to stays in Commit.Unresolved
// with its reason: where only a part of a history is read, the commits before
// it are unknown.
//
// Subjects are compared without regard to case, white space, quotes and final
// dots. Several commits may have the same subject: for `Fixes:` that is
// ambiguous, for a revert or a reapply the last one before it is meant.
//
// `Revert "Revert "x""` and `Reapply "x"` revert the revert and reapply x, so
// walking the reverts that are not partial, from the youngest, gives a
// commit's state.
//
// With several workers Process may be called concurrently, after Open. A
// linker must not be copied after Open, and serves one run at a time.
type ChainLinker struct {
	// Messages gives the messages of the history, usually the source of the
	// pipeline.
	Messages MessageSource

	index *historyIndex
}

var (
	_ Opener                      = (*ChainLinker)(nil)
	_ Processor[*Commit, *Commit] = (*ChainLinker)(nil)
)

// Open reads all messages and resolves all references. It takes about as long
// as the source takes to read the messages.
func (l *ChainLinker) Open(ctx context.Context) error {
	if l.Messages == nil {
		return errors.New("ChainLinker: no Messages: give it the source of the commits")
	}
	index, err := buildHistory(ctx, l.Messages)
	if err != nil {
		return err
	}
	l.index = index
	return nil
}

// Process sets Links and Unresolved: first what the commit says of others, in
// the order of [References], then what others say of it, in the order of the
// history. A commit that the quick pass did not give has no links.
func (l *ChainLinker) Process(_ context.Context, c *Commit, emit func(*Commit)) error {
	if l.index == nil {
		return errors.New("ChainLinker: Process before Open")
	}
	if ordinal, ok := l.index.find(c.Hash, c.Position); ok {
		c.Links = l.index.links(ordinal)
		c.Unresolved = l.index.unresolved(ordinal, c.Message)
	} else {
		c.Links, c.Unresolved = nil, unresolvedReferences(c.Message)
	}
	emit(c)
	return nil
}

// links gives the links of a commit, each pair of kind and commit once.
func (x *historyIndex) links(ordinal uint32) []Link {
	out, in := x.out.of(ordinal), x.in.of(ordinal)
	if len(out)+len(in) == 0 {
		return nil
	}
	links := make([]Link, 0, len(out)+len(in))
	for i, e := range out {
		if e.reason == edgeResolved && !slices.ContainsFunc(out[:i], e.samePair) {
			links = append(links, x.link(e))
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
			links = append(links, x.link(e))
		}
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
	}
	for _, part := range parts {
		if part.count > 0 {
			fmt.Fprintf(&b, ", %d %s", part.count, part.what)
		}
	}
	return b.String()
}

// Counts tells what became of the references of the whole history, for each of
// the kinds that a message can state: [Fixes], [Reverts], [Reapplies] and
// [BackportOf]. It is known as soon as Open has returned, and nil before.
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
	return counts
}
