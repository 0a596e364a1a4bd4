package sink

import "github.com/commitflow/commitflow/stage"

// commitGroup is what is stored of the commits of one or more consecutive
// batches besides their changed files: the rows of commits, commit_tags and
// commit_links. That is a tenth of the bytes, but of the 306 files that an old
// server makes of a block for each table, 218 are of these.
type commitGroup struct {
	limit   int
	bytes   int
	batches int // how many have ended
	// first is the position of the first commit, next that of the item after the
	// last one.
	first, next stage.Position

	commits commitColumns
	tags    tagColumns
	links   linkColumns
}

// maxGroupBatches bounds what is sent again after an interruption.
const maxGroupBatches = 8

func newCommitGroup(limit int) *commitGroup {
	g := new(commitGroup)
	g.init(limit)
	return g
}

// init makes the group anew, in its place: the columns hold pointers into it.
func (g *commitGroup) init(limit int) {
	*g = commitGroup{limit: limit}
	g.commits.init()
	g.tags.init()
	g.links.init()
}

// reset empties the group, and keeps its memory unless that has become too much.
func (g *commitGroup) reset() {
	if g.bytes > g.limit {
		g.init(g.limit)
		return
	}
	g.bytes, g.batches, g.first, g.next = 0, 0, 0, 0
	g.commits.input.Reset()
	g.tags.input.Reset()
	g.links.input.Reset()
}

func (g *commitGroup) add(c *stage.Commit, key commitKey, next stage.Position) {
	if g.commits.files.Rows() == 0 {
		g.first = key.position
	}
	g.bytes += commitWeight(c)
	g.commits.append(c, key)
	g.tags.append(c, key)
	g.links.append(c, key)
	g.next = next
}

// full tells, at the end of a batch, whether the group ends with it. That depends
// on nothing but the commits since the last group.
func (g *commitGroup) full() bool {
	return g.bytes >= g.limit/4 || g.batches >= maxGroupBatches
}

// leftover is a commit with more labels in the database than it has now.
type leftover struct {
	countedKey
	// storedTags and storedLinks are the numbers there.
	storedTags, storedLinks uint32
}

// replace adds rows that overwrite the labels which commits of the group had and
// have no more.
func (g *commitGroup) replace(repo string, leftovers []leftover) {
	for _, l := range leftovers {
		for number := l.tags; number < l.storedTags; number++ {
			g.tags.appendRow(repo, l.commitKey, int(number), stage.Tag{})
		}
		for number := l.links; number < l.storedLinks; number++ {
			g.links.appendRow(repo, l.commitKey, int(number), stage.Link{}, stage.Reference{})
		}
	}
}
