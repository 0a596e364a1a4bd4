package stage

import (
	"bytes"
	"hash/maphash"
	"math"
	"slices"
)

// Group is commits that belong together: whoever learns from one of them knows
// something of the others.
type Group struct {
	// First is the first of its commits in the history. It names the group.
	First Hash
	// Commits is how many there are.
	Commits int
	// Newest is the latest of their committers' times, in seconds since 1970.
	Newest int64
}

// Group gives the group of a commit, of a linker with Groups; ok is false where the
// history does not hold the commit, and before Open. Safe for concurrent use.
//
// Commits are of one group if there is a link of any kind between them, or if they
// were one series of patches, and so on from commit to commit. Two commits count as
// neighbours in a series
//
//   - if one is the only parent of the other, neither is a merge, author and committer
//     are the same, and the committers' times are at most two minutes apart. That is
//     what `git am` and `git rebase` leave;
//   - if their Link: or Message-ID: trailers name two messages of one thread, as git
//     send-email, git format-patch --thread and b4 number them:
//     20240105101112.3456-2-me@example.org, 20240105-topic-v2-2-0123abcd@example.org,
//     0123…cdef.1704450000.git.me@example.org.
func (l *ChainLinker) Group(commit Hash) (group Group, ok bool) {
	if l.index == nil || l.index.groups == nil {
		return Group{}, false
	}
	ordinal, ok := l.index.find(commit, math.MaxUint64)
	if !ok {
		return Group{}, false
	}
	first := l.index.groups.first[ordinal]
	return Group{l.index.hashes[first], int(l.index.groups.commits[first]), int64(l.index.groups.newest[first])}, true
}

// NewestShare gives the time, in seconds since 1970, from which on there is at most
// such a share of the commits, by their committers' times: 0.05 for the newest
// twentieth. The linker has to be open.
func (l *ChainLinker) NewestShare(share float64) int64 {
	if l.index == nil || len(l.index.seconds) == 0 {
		return 0
	}
	sorted := slices.Clone(l.index.seconds)
	slices.Sort(sorted)
	count := int(share * float64(len(sorted)))
	if count <= 0 {
		return int64(sorted[len(sorted)-1]) + 1
	}
	at := len(sorted) - min(count, len(sorted))
	start := int64(sorted[at])
	if at > 0 && int64(sorted[at-1]) == start { // not a part of those of one second
		start++
	}
	return start
}

// seriesSeconds is how far apart the committers' times of neighbours in a series are
// at most.
const seriesSeconds = 120

// groupIndex knows the group of every commit, by ordinals. newest and commits are
// those of the group where the commit is its first. It takes 12 bytes per commit.
type groupIndex struct {
	first, newest, commits []uint32
}

// groupBuilder joins commits while they come: each group is a tree, whose root is its
// first commit.
type groupBuilder struct {
	parent  []uint32
	people  []uint64 // hashes of author and committer; 0 where they are not told
	threads map[uint64]uint32
}

func (g *groupBuilder) root(ordinal uint32) uint32 {
	for g.parent[ordinal] != ordinal {
		g.parent[ordinal] = g.parent[g.parent[ordinal]]
		ordinal = g.parent[ordinal]
	}
	return ordinal
}

func (g *groupBuilder) join(a, b uint32) {
	a, b = g.root(a), g.root(b)
	g.parent[max(a, b)] = min(a, b)
}

// addToGroup takes the commit that was just added to the lineage, and joins it with
// its neighbours in a series.
func (b *historyBuilder) addToGroup(m *Message) {
	g := b.groups
	ordinal := uint32(len(g.parent))
	g.parent = append(g.parent, ordinal)
	people := uint64(0)
	if len(m.Author)+len(m.Committer) > 0 {
		var h maphash.Hash
		h.SetSeed(b.seed)
		_, _ = h.Write(m.Author)
		_ = h.WriteByte(0)
		_, _ = h.Write(m.Committer)
		people = max(h.Sum64(), 1)
	}
	g.people = append(g.people, people)
	if known := b.lineage.of(ordinal); people != 0 && len(m.Parents) == 1 && len(known) == 1 {
		parent := known[0]
		apart := int64(b.index.seconds[ordinal]) - int64(b.index.seconds[parent])
		if g.people[parent] == people && len(b.lineage.of(parent)) < 2 && -seriesSeconds <= apart && apart <= seriesSeconds {
			g.join(parent, ordinal)
		}
	}
	eachThread(m.Text, func(before, behind []byte) {
		var h maphash.Hash
		h.SetSeed(b.seed)
		_, _ = h.Write(before)
		_ = h.WriteByte(0)
		_, _ = h.Write(behind)
		if other, seen := g.threads[h.Sum64()]; seen {
			g.join(other, ordinal)
		} else {
			g.threads[h.Sum64()] = ordinal
		}
	})
}

// settleGroups joins what links lead to, and gives the groups.
func (b *historyBuilder) settleGroups() *groupIndex {
	g := b.groups
	for _, list := range []*edgeList{&b.index.out, &b.index.same} {
		for from := range uint32(max(0, len(list.start)-1)) {
			for _, e := range list.of(from) {
				if e.reason == edgeResolved {
					g.join(from, e.commit)
				}
			}
		}
	}
	x := &groupIndex{first: g.parent, newest: make([]uint32, len(g.parent)), commits: make([]uint32, len(g.parent))}
	for i := range x.first {
		first := g.root(uint32(i))
		x.first[i] = first
		x.newest[first] = max(x.newest[first], b.index.seconds[i])
		x.commits[first]++
	}
	return x
}

// eachThread calls f for every message of a numbered thread that the trailers Link:
// and Message-ID: of a commit's message name, with what the numbers of all messages of
// the thread stand between, or what follows the part that differs.
func eachThread(text []byte, f func(before, behind []byte)) {
	for line := range bytes.Lines(text) {
		if len(line) < len("Link:") || line[0]|0x20 != 'l' && line[0]|0x20 != 'm' {
			continue
		}
		key, value, _ := bytes.Cut(line, []byte(":"))
		if !bytes.EqualFold(key, []byte("Link")) && !bytes.EqualFold(key, []byte("Message-ID")) {
			continue
		}
		if before, behind, ok := cutThread(messageID(value)); ok {
			f(before, behind)
		}
	}
}

// messageID gives the ID of a message in a URL of an archive, or as mail has it.
func messageID(value []byte) []byte {
	value, _, _ = bytes.Cut(bytes.TrimSpace(value), []byte(" "))
	value = bytes.Trim(value, "<>/")
	id := value[bytes.LastIndexByte(value, '/')+1:]
	if bytes.IndexByte(id, '@') <= 0 {
		return nil
	}
	return id
}

// cutThread takes the number of the message, or the hash of the patch, out of its ID.
func cutThread(id []byte) (before, behind []byte, ok bool) {
	at := bytes.IndexByte(id, '@')
	if at < 0 {
		return nil, nil, false
	}
	// 0123…cdef.1704450000.git.me@example.org and cover.1704450000.git.me@example.org
	if name, rest, found := bytes.Cut(id[:at], []byte(".")); found {
		_, tail, _ := bytes.Cut(rest, []byte("."))
		hash := len(name) == 2*len(Hash{}) && len(trimSet(name, isHexDigit)) == 0 || string(name) == "cover"
		if hash && bytes.HasPrefix(tail, []byte("git.")) {
			return nil, id[len(name):], true
		}
	}
	// 20240105101112.3456-2-me@example.org
	if rest := trimSet(id, isDigit); len(id)-len(rest) == len("20240105101112") && len(rest) > 0 && rest[0] == '.' {
		rest = trimSet(rest[1:], isDigit)
		return cutNumberAt(id, len(id)-len(rest))
	}
	// 20240105-topic-v2-2-0123abcd@example.org
	if rest := trimSet(id, isDigit); len(id)-len(rest) == len("20240105") && len(rest) > 0 && rest[0] == '-' {
		last := bytes.LastIndexByte(id[:at], '-')
		if last < 0 || len(trimSet(id[last+1:at], isHexDigit)) > 0 {
			return nil, nil, false
		}
		if number := bytes.LastIndexByte(id[:last], '-'); number > 0 {
			return cutNumberAt(id, number)
		}
	}
	return nil, nil, false
}

// cutNumberAt takes a number out that stands behind a dash and before another.
func cutNumberAt(id []byte, at int) (before, behind []byte, ok bool) {
	if at >= len(id) || id[at] != '-' {
		return nil, nil, false
	}
	rest := trimSet(id[at+1:], isDigit)
	if len(rest) == len(id)-at-1 || len(rest) == 0 || rest[0] != '-' {
		return nil, nil, false
	}
	return id[:at], rest, true
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// trimSet gives the text behind its first bytes of a kind.
func trimSet(text []byte, is func(byte) bool) []byte {
	for len(text) > 0 && is(text[0]) {
		text = text[1:]
	}
	return text
}
