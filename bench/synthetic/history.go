package synthetic

import (
	"context"
	"fmt"
	"slices"
)

// history is the state of a history in the making.
type history struct {
	Options
	random   random
	seed     uint64
	importer *importer
	maxLines int

	dirs []directory
	// By slot, a number that a file keeps through all renames: main's version
	// of the file, the topic that has changed it, the count of main's commits
	// when main last did, and the commit that last did.
	files   []*file
	owner   []*branch
	touched []int32
	last    []int32
	// By commit: the directory that its subject names, or -1 for a subject of
	// another form.
	areas []int32

	main       *branch
	mainFiles  int // in main's tree
	firstFiles int // of them, those of the first commit
	// changeChance is the chance of addOrDelete in 1,000.
	changeChance int
	topics       []*branch
	stable       *branch // the latest; nil before the first release
	hasRoots     bool    // a second root has been made
	hasOctopus   bool
	mainCommits  int
	tags         int
	recent       []record // the latest commits that are no merges
	tour         []func(*history) error
	clock        int64 // seconds of the latest commit
	named        int   // files so far, for unique names
	quirk        quirk // of the next commit
}

// record is what a revert or a backport needs to know of a commit.
type record struct {
	number  int
	subject string
	branch  *branch
	changes []change
}

// recentCommits are as far back as reverts and backports reach.
const recentCommits = 200

// maxTopics is the number of topics that go on side by side.
const maxTopics = 8

// firstCommit is the moment of Linux 2.6.12-rc2, the kernel's first in git.
const firstCommit = 1113690036

func newHistory(o Options, im *importer) *history {
	h := &history{
		Options:  o,
		random:   random(mix(o.Seed)),
		seed:     mix(o.Seed + 1),
		importer: im,
		maxLines: max(o.MaxFileBytes/bytesPerLine, minLines),
		dirs:     layout(o.Files),
		main:     &branch{name: mainBranch, isMain: true},
		clock:    firstCommit,
		quirk:    noQuirk,
	}
	h.tour = tour()
	return h
}

// run makes all commits; what goes wrong with git shows when the importer is
// finished.
func (h *history) run(ctx context.Context) error {
	if err := h.begin(); err != nil {
		return err
	}
	for h.importer.asked < h.Commits {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := h.step(); err != nil {
			return err
		}
	}
	for i := range maxTopics {
		h.importer.forget(topicName(i))
	}
	return nil
}

// begin makes the first commit.
func (h *history) begin() error {
	first := h.firstTree()
	h.changeChance = changeChanceFor((h.Files - h.firstFiles) * 1000 / h.Commits)
	return h.commit(commitPlan{branch: h.main, changes: first, message: &text{
		subject: "Linux-2.6.12-rc2",
		body:    []string{"Initial git repository build. I'm not bothering with the full history,\neven though we have it."},
	}})
}

// step makes one commit.
func (h *history) step() error {
	r := &h.random
	if h.Commits-h.importer.asked <= len(h.topics) {
		// The last commits merge what is still open, or fill up.
		if started := h.startedTopics(); len(started) > 0 {
			return h.merge(started[:1])
		}
		return h.develop(h.main, ordinary)
	}
	if len(h.tour) > 0 {
		next := h.tour[0]
		h.tour = h.tour[1:]
		return next(h)
	}
	switch roll := r.below(1000); {
	case roll < 70 && len(h.topics) > 3:
		return h.merge(h.chooseTopics())
	case roll < 85:
		return h.backport(r.below(3))
	case roll < 90:
		return h.cherryPick()
	case roll < 92:
		return h.release(false)
	}
	if len(h.topics) < maxTopics && r.chance(120) {
		h.fork()
	}
	b := h.main
	if len(h.topics) > 0 && r.chance(750) {
		b = pick(r, h.topics)
	}
	return h.develop(b, h.chooseFeature())
}

// develop makes a commit with a feature on a branch, or an ordinary one where
// the branch has no file for the feature.
func (h *history) develop(b *branch, f feature) error {
	plan, ok := f(h, b)
	if !ok {
		plan, _ = ordinary(h, b)
	}
	plan.branch = b
	return h.commit(plan)
}

// commitPlan is a commit before its message and its people are made up.
type commitPlan struct {
	branch  *branch
	changes []change
	message *text // nil for an ordinary one
	merge   []*branch
}

func (h *history) commit(plan commitPlan) error {
	b := plan.branch
	number := h.importer.asked
	header := commitHeader{branch: b.name}
	h.sign(&header)
	header.message = plan.message
	areaDir := int32(-1)
	if header.message == nil {
		areaDir = h.areaOf(plan)
		header.message = h.compose(number, areaDir, h.fixTarget(plan.changes), header.author.person, header.committer.person)
	}
	h.applyQuirk(&header)
	switch {
	case b.isMain:
		header.root = number == 0
	case !b.started && b.root:
		header.root = true
	case !b.started:
		header.from = mainBranch
	}
	for _, topic := range plan.merge {
		header.merge = append(header.merge, topic.name)
	}
	if err := h.importer.commit(&header); err != nil {
		return err
	}
	h.writeChanges(plan.changes)
	if err := h.importer.done(); err != nil {
		return err
	}
	b.started = true
	if b.isMain {
		h.mainCommits++
	}
	h.apply(b, plan.changes)
	if header.message.form != asUsual {
		areaDir = -1
	}
	h.remember(plan, number, header.message.subject, areaDir)
	return nil
}

// writeChanges removes before it adds, since a path may be needed for another
// file.
func (h *history) writeChanges(changes []change) {
	for _, c := range changes {
		if c.before != nil && (c.after == nil || h.path(c.before) != h.path(c.after)) {
			h.importer.remove(h.path(c.before))
		}
	}
	for _, c := range changes {
		if c.after != nil {
			h.importer.put(h.path(c.after), c.after, c.before)
		}
	}
}

func (h *history) remember(plan commitPlan, number int, subject string, areaDir int32) {
	h.areas = append(h.areas, areaDir)
	if len(plan.merge) > 0 || number == 0 {
		return
	}
	if plan.branch.view != nil {
		return
	}
	for _, c := range plan.changes {
		h.last[c.slot] = int32(number)
	}
	if len(h.recent) == 2*recentCommits {
		h.recent = slices.Delete(h.recent, 0, recentCommits)
	}
	h.recent = append(h.recent, record{number, subject, plan.branch, plan.changes})
}

// areaOf gives the directory that the subject is to name: the first file's.
func (h *history) areaOf(plan commitPlan) int32 {
	for _, c := range plan.changes {
		if c.after != nil {
			return c.after.dir
		}
		if c.before != nil {
			return c.before.dir
		}
	}
	return h.homeOf(plan.branch)
}

// fixTarget gives a commit to be named as the one that a change fixes: mostly
// one that changed the same file. -1 stands for none.
func (h *history) fixTarget(changes []change) int {
	target := h.random.below(h.importer.asked+1) - 1
	if len(changes) > 0 && h.random.chance(900) {
		target = int(h.last[changes[0].slot])
	}
	if target < 0 || h.areas[target] < 0 {
		return -1
	}
	return target
}

// fork opens a topic.
func (h *history) fork() {
	r := &h.random
	free := 0
	for slices.ContainsFunc(h.topics, func(b *branch) bool { return b.name == topicName(free) }) {
		free++
	}
	h.topics = append(h.topics, &branch{
		name:    topicName(free),
		forked:  h.mainCommits,
		root:    !h.hasRoots || r.chance(1),
		home:    h.activeDir(),
		changed: map[int32]*file{},
	})
	h.hasRoots = true
}

func topicName(n int) string { return fmt.Sprintf("topic-%d", n) }
