package synthetic

import (
	"fmt"
	"slices"
	"strings"
)

// feature makes up what a commit on a branch does. It reports false when the
// branch has no file that it could do it to.
type feature func(*history, *branch) (commitPlan, bool)

// rareFeatures are what a commit does in a few of 10,000 cases each; all
// others are ordinary or one of the commonFeatures.
var rareFeatures = []feature{
	addOf(withSymlink), addOf(withSubmodule), addOf(withBinary), addOf(withHuge), addOf(withoutEndEOL), addOf(withCRLF), addOf(withLatin1),
	oddPath(0), oddPath(1), oddPath(2), oddPath(3), oddPath(4), oddPath(5), oddPath(6), oddPath(7), oddPath(8),
	editOf(isBinary), editOf(isHuge), editOf(isCRLF), editOf(isLatin1), editOf(hasOddPath),
	toggleMode, toggleEndEOL, fileToSymlink, symlinkToFile, fileToSubmodule, updateSubmodule, retargetSymlink,
	moveDirectory, doNothing, copyFile(false), copyFile(true),
}

// commonFeatures have their chance in 1,000, beside addOrDelete.
var commonFeatures = []struct {
	chance int
	feature
}{
	{12, rename(false)}, {12, rename(true)}, {8, revert},
}

// The chance of addOrDelete in 1,000 commits: leastChange where the tree is to stay as
// large as it was. Where it is to grow there are more, up to mostChange. Of these about
// half make the tree larger, as many others are merges or are undone by them.
const (
	leastChange = 80
	mostChange  = 250
)

// changeChanceFor gives the chance of addOrDelete with which so many files more come in
// 1,000 commits.
func changeChanceFor(growth int) int { return min(max(leastChange, growth*9/4), mostChange) }

// mostGrowth is how many files more there can be after 1,000 commits.
const mostGrowth = mostChange * 4 / 9

// addOrDelete keeps the tree's size on a straight line from that of the first
// commit to the one asked for: most of these commits add a file where that is
// larger, and about half of them where the tree is to stay as large as it was.
func addOrDelete(h *history, b *branch) (commitPlan, bool) {
	due := h.firstFiles + (h.Files-h.firstFiles)*h.importer.asked/h.Commits
	if h.mainFiles < due || h.random.chance(250) {
		return addOf(withNothing)(h, b)
	}
	return deleteFiles(h, b)
}

func (h *history) chooseFeature() feature {
	roll := h.random.below(1000)
	if roll -= h.changeChance; roll < 0 {
		return addOrDelete
	}
	for _, common := range commonFeatures {
		if roll -= common.chance; roll < 0 {
			return common.feature
		}
	}
	if h.random.chance(8) {
		return pick(&h.random, rareFeatures)
	}
	return ordinary
}

// tour shows every feature once.
func tour() []func(*history) error {
	var steps []func(*history) error
	show := func(features ...feature) {
		for _, f := range features {
			steps = append(steps, func(h *history) error { return h.develop(h.main, f) })
		}
	}
	show(addOrDelete)
	for _, common := range commonFeatures {
		show(common.feature)
	}
	show(addOf(withNothing), deleteFiles)
	show(rareFeatures...)
	show(ordinary, revert, revert, revert)
	steps = append(steps, func(h *history) error { return h.release(true) })
	for marker := range 3 {
		show(ordinary)
		steps = append(steps, func(h *history) error { return h.backport(marker) })
	}
	for _, q := range allQuirks() {
		steps = append(steps, func(h *history) error {
			h.quirk = q
			return h.develop(h.main, ordinary)
		})
	}
	return steps
}

// filesPerCommit is mostly 1 to 4, and now and then hundreds.
func (h *history) filesPerCommit() int {
	if h.random.chance(12) {
		return min(8+h.random.logNormal(12, 1500), 600, h.Files/4)
	}
	return h.random.geometric(480)
}

// ordinary edits texts, and adds a file where there is none to edit.
func ordinary(h *history, b *branch) (commitPlan, bool) {
	changes := h.choose(b, h.filesPerCommit(), func(f *file) bool { return f.isText() && !isHuge(f) })
	if len(changes) == 0 {
		return addOf(withNothing)(h, b)
	}
	return commitPlan{changes: h.edited(changes)}, true
}

// edited gives the same files with edits.
func (h *history) edited(changes []change) []change {
	for i := range changes {
		changes[i].after = changes[i].before.with(func(f *file) { f.lines = edit(&h.random, f.lines, h.maxLines) })
	}
	return changes
}

func editOf(fits func(*file) bool) feature {
	return func(h *history, b *branch) (commitPlan, bool) {
		changes := h.search(b, fits)
		return commitPlan{changes: h.edited(changes)}, len(changes) > 0
	}
}

// search gives one file that fits, however rare such files are, as long as it
// is among the latest thousand.
func (h *history) search(b *branch, fits func(*file) bool) []change {
	for i := len(h.files) - 1; i >= max(0, len(h.files)-1000); i-- {
		slot := int32(i)
		if f := h.version(b, slot); f != nil && h.mayChange(b, slot) && fits(f) {
			return []change{{slot, f, f}}
		}
	}
	return nil
}

// hugeLines is more than files grow to that did not begin that large.
const hugeLines = 3000

func isBinary(f *file) bool { return f.isText() && f.lines[0].kind() == chunk }
func isHuge(f *file) bool   { return f.isText() && len(f.lines) >= hugeLines }
func isCRLF(f *file) bool   { return f.isText() && f.crlf }
func isLatin1(f *file) bool { return f.isText() && f.latin1 }
func hasOddPath(f *file) bool {
	return f.isText() && slices.ContainsFunc(oddNames, func(odd string) bool { return strings.HasPrefix(f.base, odd) })
}
func isSymlink(f *file) bool   { return f.mode == symlink }
func isSubmodule(f *file) bool { return f.mode == submodule }

// addOf adds a file, mostly with a change to its neighbours.
func addOf(shape func(*history, *file)) feature {
	return func(h *history, b *branch) (commitPlan, bool) {
		f := h.newFile(h.dirFor(b))
		shape(h, f)
		changes := []change{{h.newSlot(), nil, f}}
		if h.random.chance(600) {
			changes = append(changes, h.edited(h.choose(b, 1, (*file).isText))...)
		}
		return commitPlan{changes: changes}, true
	}
}

func (h *history) dirFor(b *branch) int32 {
	if h.random.chance(600) {
		return h.homeOf(b)
	}
	return h.someDir()
}

// newFile composes a file with a name that no other ever has.
func (h *history) newFile(dir int32) *file {
	r := &h.random
	h.named++
	base := fmt.Sprintf("%s-%s%s%s", pick(r, nouns[:]), pick(r, nouns[:]), hex(uint64(h.named)), extension(r, h.dirs[dir].path))
	f := &file{dir: dir, base: base, mode: regular}
	if strings.HasSuffix(base, ".sh") {
		f.mode = executable
	}
	f.lines = composeFor(r, base, h.someLines())
	f.noEndEOL = r.chance(4)
	f.latin1 = r.chance(5)
	return f
}

func (h *history) someLines() int {
	return min(max(h.random.logNormal(medianLines, linesSpread), minLines), h.maxLines)
}

func withNothing(*history, *file) {}

func withSymlink(h *history, f *file) {
	f.mode, f.lines, f.target = symlink, nil, "../"+pick(&h.random, nouns[:])+"/Makefile"
}

func withSubmodule(h *history, f *file) {
	f.base = strings.ReplaceAll(f.base, ".", "-")
	f.mode, f.lines, f.target = submodule, nil, h.foreignCommit()
}

// foreignCommit is the hash of a commit of another repository.
func (h *history) foreignCommit() string {
	r := &h.random
	return fmt.Sprintf("%016x%016x%08x", r.next(), r.next(), uint32(r.next()))
}

func withBinary(h *history, f *file) {
	f.base = strings.TrimSuffix(f.base, ".c") + ".bin"
	f.lines = composeRun(&h.random, chunk, h.random.between(1, 200))
}

func withHuge(h *history, f *file) {
	f.base = strings.TrimSuffix(f.base, ".c") + "_regs.h"
	f.lines = composeHeader(&h.random, min(h.maxLines, h.random.between(6000, 20_000)))
}

func withoutEndEOL(_ *history, f *file) { f.noEndEOL = true }
func withCRLF(_ *history, f *file)      { f.crlf = true }

func withLatin1(h *history, f *file) {
	f.base = strings.TrimSuffix(f.base, ".rst") + ".c"
	f.lines, f.latin1 = composeSource(&h.random, 40), true
}

var oddNames = []string{"with space ", "tab\t", `quote"`, `back\slash`, "grün", "latin\xe9", "日本", "-dash", "(paren)"}

// oddPath adds a file whose name begins oddly.
func oddPath(n int) feature {
	return addOf(func(_ *history, f *file) { f.base = oddNames[n] + f.base })
}

func deleteFiles(h *history, b *branch) (commitPlan, bool) {
	changes := h.choose(b, h.random.geometric(300), func(f *file) bool { return !isFixture(f) })
	for i := range changes {
		changes[i].after = nil
	}
	return commitPlan{changes: changes}, len(changes) > 0
}

// isFixture tells whether the file stays where it is.
func isFixture(f *file) bool {
	return f.dir == 0 || f.base == "Makefile" || f.base == "Kconfig"
}

// rename gives a file another directory or name, with or without an edit.
func rename(withEdit bool) feature {
	return func(h *history, b *branch) (commitPlan, bool) {
		changes := h.choose(b, 1, func(f *file) bool { return f.isText() && len(f.lines) > 15 && !isFixture(f) })
		for i := range changes {
			changes[i].after = changes[i].before.with(func(f *file) {
				if f.dir = h.someDir(); f.dir == changes[i].before.dir {
					f.base = "new-" + f.base
				}
				if withEdit {
					f.lines = editOnce(&h.random, slices.Clone(f.lines), false)
				}
			})
		}
		return commitPlan{changes: changes}, len(changes) > 0
	}
}

// copyFile copies a file within its directory, and changes the original if
// asked to, without which git looks for no copy.
func copyFile(editOriginal bool) feature {
	return func(h *history, b *branch) (commitPlan, bool) {
		changes := h.choose(b, 1, func(f *file) bool { return f.isText() && len(f.lines) > 15 && !isFixture(f) })
		if len(changes) == 0 {
			return commitPlan{}, false
		}
		original := changes[0].before
		h.named++
		duplicate := original.with(func(f *file) { f.base = hex(uint64(h.named)) + "-" + f.base })
		if editOriginal {
			changes[0].after = original.with(func(f *file) { f.lines = editOnce(&h.random, slices.Clone(f.lines), false) })
		} else {
			changes = changes[:0]
		}
		return commitPlan{changes: append(changes, change{h.newSlot(), nil, duplicate})}, true
	}
}

// changeOne changes the first file that fits.
func changeOne(fits func(*file) bool, how func(*history, *file)) feature {
	return func(h *history, b *branch) (commitPlan, bool) {
		changes := h.search(b, fits)
		for i := range changes {
			changes[i].after = changes[i].before.with(func(f *file) { how(h, f) })
		}
		return commitPlan{changes: changes}, len(changes) > 0
	}
}

func isPlain(f *file) bool { return f.isText() && !isFixture(f) && !isBinary(f) && !isHuge(f) }

var (
	toggleMode = changeOne(isPlain, func(_ *history, f *file) { f.mode ^= regular ^ executable })

	toggleEndEOL = changeOne(isPlain, func(_ *history, f *file) { f.noEndEOL = !f.noEndEOL })

	fileToSymlink = changeOne(isPlain, func(_ *history, f *file) { f.mode, f.target = symlink, "README" })

	symlinkToFile = changeOne(isSymlink, func(h *history, f *file) {
		f.mode, f.target = regular, ""
		f.lines = composeFor(&h.random, f.base, h.someLines())
	})

	fileToSubmodule = changeOne(isPlain, func(h *history, f *file) { f.mode, f.target, f.lines = submodule, h.foreignCommit(), nil })

	updateSubmodule = changeOne(isSubmodule, func(h *history, f *file) { f.target = h.foreignCommit() })

	retargetSymlink = changeOne(isSymlink, func(h *history, f *file) { f.target = "../" + f.target })
)

// moveDirectory moves the files of a directory to another one.
func moveDirectory(h *history, b *branch) (commitPlan, bool) {
	to := int32(h.random.between(1, h.dirsInUse()-1))
	var changes []change
	for range 20 {
		from := h.dirs[h.random.below(h.dirsInUse())]
		if len(from.slots) < 3 || from.path == "" || from.path == h.dirs[to].path {
			continue
		}
		for _, slot := range from.slots[:min(len(from.slots), 40)] {
			if f := h.version(b, slot); f != nil && h.mayChange(b, slot) && !isFixture(f) && f.dir != to {
				changes = append(changes, change{slot, f, f.with(func(f *file) { f.dir = to })})
			}
		}
		if len(changes) > 1 {
			return commitPlan{changes: changes}, true
		}
		changes = nil
	}
	return commitPlan{}, false
}

func doNothing(*history, *branch) (commitPlan, bool) { return commitPlan{}, true }

// revert undoes a recent commit whose files have not changed since, which may
// be a revert itself.
func revert(h *history, b *branch) (commitPlan, bool) {
	for _, rec := range slices.Backward(h.recent) {
		if h.random.chance(200) || !h.canUndo(b, rec) {
			continue
		}
		var undo []change
		for _, c := range rec.changes {
			undo = append(undo, change{c.slot, c.after, c.before})
		}
		return commitPlan{changes: undo, message: h.revertMessage(rec)}, true
	}
	return commitPlan{}, false
}

func (h *history) canUndo(b *branch, rec record) bool {
	for _, c := range rec.changes {
		if h.version(b, c.slot) != c.after || !h.mayChange(b, c.slot) {
			return false
		}
	}
	return len(rec.changes) > 0 && len(rec.changes) < 30
}

func (h *history) revertMessage(rec record) *text {
	r := &h.random
	hash := h.importer.hash(rec.number)
	m := &text{subject: `Revert "` + rec.subject + `"`}
	if original, ok := strings.CutPrefix(rec.subject, `Revert "`); ok && r.chance(600) {
		m.subject = `Reapply "` + original
	}
	switch r.below(4) {
	case 0:
		m.body = append(m.body, "This reverts commit "+hash+", which broke booting on old boards.")
	case 1:
		m.body = append(m.body, fmt.Sprintf("This reverts commit %s (%q).", hash[:12], rec.subject))
	default:
		m.body = append(m.body, "This reverts commit "+hash+".")
	}
	m.body = append(m.body, paragraph(r))
	m.add("Signed-off-by: %s", r.person())
	return m
}

// maxFirstFiles is about the number of files that the kernel's first commit in
// git has.
const maxFirstFiles = 17_000

// firstTree fills the root commit, with a Makefile and a Kconfig in most
// directories. A tree that is to be larger than the kernel's first one grows to
// its size, unless there are too few commits to add the rest.
func (h *history) firstTree() []change {
	r := &h.random
	var changes []change
	add := func(f *file) { changes = append(changes, change{h.newSlot(), nil, f}) }
	fixture := func(dir int32, base string) {
		add(&file{dir: dir, base: base, mode: regular, lines: composeFor(r, base, h.someLines())})
	}
	for _, base := range []string{"Makefile", "Kconfig", "MAINTAINERS", "README"} {
		fixture(0, base)
	}
	n := max(min(h.Files, maxFirstFiles), h.Files-h.Commits*mostGrowth/1000)
	h.firstFiles = n
	inUse := h.dirsInUse()
	for dir := 1; len(changes) < n; dir = dir%(inUse-1) + 1 {
		if len(changes) < inUse {
			fixture(int32(dir), []string{"Makefile", "Kconfig"}[dir&1])
		} else if len(changes) < n {
			add(h.newFile(h.someDir()))
		}
	}
	return changes
}
