package synthetic

import (
	"fmt"
	"slices"
)

// startedTopics gives the topics that have commits.
func (h *history) startedTopics() []*branch {
	var started []*branch
	for _, b := range h.topics {
		if b.started {
			started = append(started, b)
		}
	}
	return started
}

// chooseTopics gives the topics to merge next: mostly one, now and then
// several at once, as in an octopus merge.
func (h *history) chooseTopics() []*branch {
	r := &h.random
	started := h.startedTopics()
	if len(started) == 0 {
		return nil
	}
	if len(started) > 2 && (!h.hasOctopus || r.chance(15)) {
		h.hasOctopus = true
		return started[:r.between(2, len(started))]
	}
	at := r.below(len(started))
	return started[at : at+1]
}

// merge merges topics into main and closes them.
func (h *history) merge(topics []*branch) error {
	if len(topics) == 0 {
		return h.develop(h.main, ordinary)
	}
	r := &h.random
	var evil []change
	if r.chance(30) {
		// A merge that changes more than its parents did.
		evil = h.edited(h.choose(h.main, 1, (*file).isText))
	}
	message := h.mergeMessage(topics)
	h.topics = slices.DeleteFunc(h.topics, func(b *branch) bool { return slices.Contains(topics, b) })
	return h.commit(commitPlan{
		branch:  h.main,
		changes: append(h.mergeChanges(topics), evil...),
		message: message,
		merge:   topics,
	})
}

func (h *history) mergeMessage(topics []*branch) *text {
	r := &h.random
	area := h.dirs[topics[0].home].area
	m := &text{}
	switch {
	case len(topics) > 1:
		m.subject = "Merge branches"
		for i, b := range topics {
			if i > 0 {
				m.subject += ","
			}
			m.subject += fmt.Sprintf(" '%s'", b.name)
		}
		m.subject += " into next"
		return m
	case r.chance(600):
		m.subject = fmt.Sprintf("Merge tag '%s-%d.%d-rc%d' of git://git.example.org/pub/scm/linux/%s", pick(r, nouns[:]), 3+h.tags/20, h.tags%20, 1+r.below(7), pick(r, nouns[:]))
		m.body = append(m.body, fmt.Sprintf("Pull %s updates from %s:", area, r.person().name))
		for range 1 + r.below(4) {
			m.body = append(m.body, " - "+paragraph(r))
		}
	case r.chance(500):
		m.subject = fmt.Sprintf("Merge branch '%s' of git://git.example.org/%s", topics[0].name, pick(r, nouns[:]))
	default:
		m.subject = fmt.Sprintf("Merge remote-tracking branch '%s/for-next'", pick(r, nouns[:]))
	}
	return m
}
