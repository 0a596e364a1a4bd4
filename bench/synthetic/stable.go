package synthetic

import (
	"fmt"
	"slices"
)

// release tags main, and opens a stable branch there: the first time, when
// asked to, and now and then.
//
// A stable branch takes chosen commits from main and is never merged, so it
// has its own view of all files as of its fork.
func (h *history) release(open bool) error {
	r := &h.random
	h.tags++
	version := fmt.Sprintf("%d.%d", 3+h.tags/20, h.tags%20)
	h.importer.tag("v"+version, mainBranch, identity{r.person(), h.clock, pick(r, zones)}, "Linux "+version+"\n")
	if h.stable != nil && !open && !r.chance(50) {
		return h.develop(h.main, ordinary)
	}
	h.stable = &branch{name: "stable-" + version, view: slices.Clone(h.files)}
	const makefile = 0 // its slot: the first of the first tree
	before := h.stable.viewOf(makefile)
	after := before.with(func(f *file) { f.lines = edit(r, f.lines, h.maxLines) })
	return h.commit(commitPlan{branch: h.stable, changes: []change{{makefile, before, after}}, message: &text{subject: "Linux " + version + ".1"}})
}

func (b *branch) viewOf(slot int32) *file {
	if int(slot) < len(b.view) {
		return b.view[slot]
	}
	return nil
}

func (b *branch) setView(slot int32, f *file) {
	for int(slot) >= len(b.view) {
		b.view = append(b.view, nil)
	}
	b.view[slot] = f
}

// backport applies a recent commit of main, or of a topic, to the stable
// branch, with one of three markers.
func (h *history) backport(marker int) error {
	if h.stable != nil {
		for _, rec := range slices.Backward(h.recent) {
			if rec.branch == h.stable || !applies(rec, h.stable.viewOf) || h.random.chance(300) {
				continue
			}
			m := &text{subject: rec.subject}
			hash := h.importer.hash(rec.number)
			switch marker {
			case 0:
				m.body = append(m.body, "commit "+hash+" upstream.", paragraph(&h.random))
			case 1:
				m.body = append(m.body, "[ Upstream commit "+hash+" ]", paragraph(&h.random))
			default:
				m.body = append(m.body, paragraph(&h.random), "(cherry picked from commit "+hash+")")
			}
			m.add("Signed-off-by: %s", h.random.person())
			return h.commit(commitPlan{branch: h.stable, changes: rec.changes, message: m})
		}
	}
	return h.develop(h.main, ordinary)
}

// cherryPick applies a commit of an open topic to main, which will get it a
// second time when the topic is merged.
func (h *history) cherryPick() error {
	inMain := func(slot int32) *file { return h.files[slot] }
	for _, rec := range slices.Backward(h.recent) {
		if slices.Contains(h.topics, rec.branch) && applies(rec, inMain) {
			m := &text{subject: rec.subject, body: []string{paragraph(&h.random), "(cherry picked from commit " + h.importer.hash(rec.number) + ")"}}
			m.add("Signed-off-by: %s", h.random.person())
			return h.commit(commitPlan{branch: h.main, changes: rec.changes, message: m})
		}
	}
	return h.develop(h.main, ordinary)
}

// applies tells whether the files are what they were before the commit.
func applies(rec record, version func(int32) *file) bool {
	for _, c := range rec.changes {
		if version(c.slot) != c.before {
			return false
		}
	}
	return len(rec.changes) > 0
}
