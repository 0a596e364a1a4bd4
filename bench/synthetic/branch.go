package synthetic

import "slices"

// mainBranch is the branch that all others are merged into.
const mainBranch = "main"

// branch is a line of work. Main's files are those of the history itself; a
// topic's are main's as it forked, but for the ones it has changed since.
//
// A file that a topic has changed is its own until it is merged, and a topic
// leaves alone what main has changed since it forked. So every file has one
// newest version, and no merge conflicts but for a few in which a topic has gone
// on with a file after its change was picked onto main.
type branch struct {
	name    string
	isMain  bool
	forked  int // count of main's commits when it forked
	started bool
	root    bool // has no parent
	home    int32
	changed map[int32]*file
	own     []int32 // keys of changed, in order
	// view is what a stable branch has in each slot; nil for main and topics.
	view []*file
}

// change is what a commit does to one file; nil stands for no file.
type change struct {
	slot          int32
	before, after *file
}

// version gives a file as the branch has it.
func (h *history) version(b *branch, slot int32) *file {
	if f, ok := b.changed[slot]; ok {
		return f
	}
	return h.files[slot]
}

// mayChange tells whether the branch can change a file without a conflict
// later.
func (h *history) mayChange(b *branch, slot int32) bool {
	if b.isMain {
		return h.owner[slot] == nil
	}
	return h.owner[slot] == b || h.owner[slot] == nil && !b.root && int(h.touched[slot]) <= b.forked
}

// apply makes the changes part of the branch.
func (h *history) apply(b *branch, changes []change) {
	for _, c := range changes {
		if b.isMain {
			h.setMain(c.slot, c.after)
			continue
		}
		if b.view != nil {
			b.setView(c.slot, c.after)
			continue
		}
		if _, ok := b.changed[c.slot]; !ok {
			b.own = append(b.own, c.slot)
			h.owner[c.slot] = b
		}
		b.changed[c.slot] = c.after
	}
}

// setMain gives main a new version of a file.
func (h *history) setMain(slot int32, f *file) {
	before := h.files[slot]
	h.files[slot] = f
	if before != nil {
		h.mainFiles--
	}
	if f != nil {
		h.mainFiles++
	}
	h.touched[slot] = int32(h.mainCommits)
	if before != nil && (f == nil || f.dir != before.dir) {
		slots := &h.dirs[before.dir].slots
		i := slices.Index(*slots, slot)
		(*slots)[i] = (*slots)[len(*slots)-1]
		*slots = (*slots)[:len(*slots)-1]
	}
	if f != nil && (before == nil || f.dir != before.dir) {
		h.dirs[f.dir].slots = append(h.dirs[f.dir].slots, slot)
	}
}

// mergeChanges gives what merging topics changes in main, and frees their
// files.
func (h *history) mergeChanges(topics []*branch) []change {
	var changes []change
	for _, b := range topics {
		for _, slot := range b.own {
			if before, after := h.files[slot], b.changed[slot]; before != after {
				changes = append(changes, change{slot, before, after})
			}
			h.owner[slot] = nil
		}
	}
	return changes
}

// newSlot makes room for a file that no branch has yet.
func (h *history) newSlot() int32 {
	h.files = append(h.files, nil)
	h.owner = append(h.owner, nil)
	h.touched = append(h.touched, 0)
	h.last = append(h.last, -1)
	return int32(len(h.files) - 1)
}

// homeOf gives the directory that the branch is about; main is about all.
func (h *history) homeOf(b *branch) int32 {
	if b.isMain {
		return h.activeDir()
	}
	return b.home
}

// someDir gives a directory below the root, some more often than others.
func (h *history) someDir() int32 { return int32(1 + h.random.skewed(h.dirsInUse()-1)) }

// activeDir is like someDir, for edits: these are concentrated on fewer directories than
// files are, and on fewer files in them, so that about as many files change as in the
// kernel. The 9,941 commits of 2.6.26 that are no merges changed 8,676 of 24,270 files, and
// the 72,828 commits of 2016 33,286 of 57,202 (heise online on 2.6.26, Phoronix on 4.10-rc1).
// At about the same places of a history of 1.4 million commits, 10,195 commits that are no
// merges change 8,085 of 22,539 files, and 72,828 commits 35,179 of 49,397.
func (h *history) activeDir() int32 { return int32(1 + h.random.concentrated(h.dirsInUse()-1)) }

// dirsInUse is the number of directories, the root included, for the tree as it is now.
func (h *history) dirsInUse() int {
	return min(len(h.dirs), directories(max(h.firstFiles, h.mainFiles)))
}

// choose gives up to n different files that the branch may change and that
// fit, mostly near each other.
func (h *history) choose(b *branch, n int, fits func(*file) bool) []change {
	r := &h.random
	var chosen []change
	taken := map[int32]bool{}
	dir := h.homeOf(b)
	for attempt := 0; attempt < 12*n+40 && len(chosen) < n; attempt++ {
		var slot int32
		switch {
		case len(b.own) > 0 && (b.root || r.chance(250)):
			slot = pick(r, b.own)
		case b.root:
			return nil
		default:
			if r.chance(150) || len(h.dirs[dir].slots) == 0 {
				if dir = h.activeDir(); r.chance(30) {
					dir = 0
				}
			}
			slots := h.dirs[dir].slots
			if len(slots) == 0 {
				continue
			}
			slot = slots[r.concentrated(len(slots))]
		}
		f := h.version(b, slot)
		if f != nil && !taken[slot] && h.mayChange(b, slot) && fits(f) {
			taken[slot] = true
			chosen = append(chosen, change{slot, f, f})
		}
	}
	return chosen
}
