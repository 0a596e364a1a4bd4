// Package linediff finds the line-by-line difference between two texts: the
// very one that `git diff` shows with its default settings.
//
// Which lines of a text changed has many right answers; git's is fixed by
// choices that its users can observe, and this package makes the same ones, in
// five steps, each in files of its own:
//
//  1. Cut off what both texts have in common at the start and at the end
//     (trim.go), and tell the lines between apart by their contents
//     (lines.go with ends.go and hash.go, classes.go); often what changed is
//     plain to see then (plain.go).
//  2. Set aside the lines that cannot help: those that the other text does not
//     hold, and those it holds too often (rarity.go, outside.go).
//  3. Find a shortest edit script by Myers' divide-and-conquer algorithm, with
//     limits on how long it may look for the shortest one (search.go).
//  4. Slide groups of changed lines, where the text allows it, to where they
//     merge or line up (slide.go).
//  5. Let indentation decide between the places that remain (indent.go).
//
// Sources: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations"
// (1986); M. Haggerty's measurements for the indent heuristic; and git itself,
// whose output the tests compare with.
package linediff

// MaxBytes is the largest text that can be compared. Git's own limit for text
// diffs lies just below it.
const MaxBytes = 1 << 30

// Range is a run of whole lines of a text.
type Range struct {
	// Line is the first line, counted from 0; an empty range lies before it.
	Line int
	// Lines is the number of lines.
	Lines int
	// Start and End are the run's place in the text, in bytes.
	Start, End int
}

// Change replaces lines of the old text by lines of the new one. One of the
// two ranges may be empty. Between two changes lies at least one common line.
type Change struct {
	Old, New Range
}

// Differ compares texts and keeps its tables for the next comparison. The zero
// Differ is ready; it must not be used concurrently.
type Differ struct {
	before, after text
	classes       classes
	weights       []weight // of each class, for one of the two sides
	old, new      side
	search        search
	oldGroups     []group
	newGroups     []group
	changes       []Change
}

// Diff gives the changes that turn before into after, in order. The result is
// valid until the next call. Both texts must be at most [MaxBytes] long; a last
// line without a newline differs from the same line with one.
//
// The cost is proportional to the lengths of the texts for typical changes; for
// texts that have little in common it grows with the product of the number of
// changed lines and its own square root.
func (d *Differ) Diff(before, after []byte) []Change {
	d.changes = d.changes[:0]
	if len(before) == 0 || len(after) == 0 {
		return d.allOrNothing(before, after)
	}
	head, tail := commonEnds(before, after)
	d.before.reset(before, head, len(before)-tail)
	d.after.reset(after, head, len(after)-tail)
	if d.before.empty() && d.after.empty() {
		return d.changes
	}
	d.oldGroups, d.newGroups = d.oldGroups[:0], d.newGroups[:0]
	if d.before.empty() || d.after.empty() {
		d.before.split()
		d.after.split()
		d.oldGroups = wholeGroup(d.oldGroups, d.before.lines)
		d.newGroups = wholeGroup(d.newGroups, d.after.lines)
	} else if !d.align(before[:head], before[len(before)-tail:]) {
		d.oldGroups = wholeGroup(d.oldGroups, d.before.lines)
		d.newGroups = wholeGroup(d.newGroups, d.after.lines)
	}
	d.oldGroups = slide(&d.before, d.oldGroups, d.newGroups)
	d.newGroups = slide(&d.after, d.newGroups, d.oldGroups)
	d.join(countLines(before[:head]))
	return d.changes
}

// allOrNothing is Diff where one of the texts is empty.
func (d *Differ) allOrNothing(before, after []byte) []Change {
	if len(before)+len(after) > 0 {
		d.changes = append(d.changes, Change{
			Old: Range{Lines: countLines(before), End: len(before)},
			New: Range{Lines: countLines(after), End: len(after)},
		})
	}
	return d.changes
}

// align finds the groups of changed lines between the common ends head and
// tail. It reports false if nothing there is common to both sides.
func (d *Differ) align(head, tail []byte) bool {
	unsharedOld, unsharedNew := d.classes.assign(&d.before, &d.after)
	if unsharedNew == d.after.lines {
		return false
	}
	if !d.plain(unsharedOld, unsharedNew) {
		d.classes.assignUnshared(&d.before, &d.after, unsharedNew)
		d.weigh(d.classes.countOutside(head, tail, d.mayDrown(unsharedOld, unsharedNew)))
		d.search.run(&d.old, &d.new)
	}
	d.oldGroups = d.old.groups(d.oldGroups)
	d.newGroups = d.new.groups(d.newGroups)
	return true
}

// weigh decides which lines take part in the search. What counts is how often
// they occur in the whole texts, whose common ends hold outside lines.
func (d *Differ) weigh(outside int) {
	counts := d.classes.counts
	weights := grow(d.weights, len(counts))
	d.weights = weights
	limit := frequencyLimit(d.before.lines + outside)
	for class, n := range counts {
		weights[class] = weigh(n.new+n.outside, limit)
	}
	d.old.setAside(d.before.class, weights)
	limit = frequencyLimit(d.after.lines + outside)
	for class, n := range counts {
		weights[class] = weigh(n.old+n.outside, limit)
	}
	d.new.setAside(d.after.class, weights)
}

// join puts the groups of both sides together to changes.
func (d *Differ) join(headLines int) {
	old, new := d.oldGroups, d.newGroups
	oldShift, newShift := 0, 0
	for len(old) > 0 || len(new) > 0 {
		var gap, deleted, inserted int
		switch {
		case len(new) == 0 || len(old) > 0 && old[0].gap < new[0].gap:
			gap, deleted, old = old[0].gap, old[0].size, old[1:]
		case len(old) == 0 || new[0].gap < old[0].gap:
			gap, inserted, new = new[0].gap, new[0].size, new[1:]
		default:
			gap, deleted, inserted = old[0].gap, old[0].size, new[0].size
			old, new = old[1:], new[1:]
		}
		d.changes = append(d.changes, Change{
			Old: d.before.lineRange(gap+oldShift, deleted, headLines),
			New: d.after.lineRange(gap+newShift, inserted, headLines),
		})
		oldShift += deleted
		newShift += inserted
	}
}

// keptEntries is the largest table that [Differ.Release] keeps.
const keptEntries = 1 << 20

// Release lets go of the texts of the last comparison and of very large
// tables, before a Differ is put aside for later use.
func (d *Differ) Release() {
	if max(cap(d.before.starts), cap(d.after.starts), cap(d.classes.outside.ends)) > keptEntries {
		*d = Differ{}
		return
	}
	d.before.data, d.after.data = nil, nil
	clear(d.classes.all)
}
