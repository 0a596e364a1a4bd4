package synthetic

// quirk makes the next commit odd in one way each; -1 stands for no oddity.
type quirk struct {
	person, zone, date, encoding, fixes, form int
}

var noQuirk = quirk{-1, -1, -1, -1, -1, -1}

// oddDates are before git, before the epoch's first day is over, and after
// 2038.
var oddDates = []int64{0, 3600, 1 << 31, 4_000_000_000}

const fixForms = 7

// allQuirks gives every oddity once.
func allQuirks() []quirk {
	var all []quirk
	list := func(n int, set func(*quirk, int)) {
		for i := range n {
			q := noQuirk
			set(&q, i)
			all = append(all, q)
		}
	}
	list(len(oddPeople), func(q *quirk, i int) { q.person = i })
	list(len(oddZones), func(q *quirk, i int) { q.zone = i })
	list(len(oddDates), func(q *quirk, i int) { q.date = i })
	list(len(encoded), func(q *quirk, i int) { q.encoding = i })
	list(fixForms, func(q *quirk, i int) { q.fixes = i })
	list(int(lastForm), func(q *quirk, i int) { q.form = i + 1 })
	return all
}

// sign gives a commit its author, its committer and their times.
func (h *history) sign(header *commitHeader) {
	r := &h.random
	h.clock += int64(r.geometric(990)) * 4
	author := identity{r.person(), h.clock - int64(r.geometric(900))*5000, pick(r, zones)}
	committer := identity{author.person, h.clock, pick(r, zones)}
	if r.chance(600) {
		committer.person = r.person()
	}
	if h.quirk == noQuirk {
		h.quirk = h.rareQuirk()
	}
	if q := h.quirk; q.person >= 0 {
		author.person = oddPeople[q.person]
	} else if q.zone >= 0 {
		author.zone = oddZones[q.zone]
	} else if q.date >= 0 {
		author.seconds = oddDates[q.date]
		author.zone = "+0000" // git log gives up where it was 1969
	} else if q.encoding >= 0 {
		author.name = encoded[q.encoding].name
	}
	header.author, header.committer = author, committer
}

// rareQuirk makes one in a hundred commits odd.
func (h *history) rareQuirk() quirk {
	if !h.random.chance(10) {
		return noQuirk
	}
	return pick(&h.random, allQuirks())
}

// applyQuirk adds to the message what the commit's quirk asks for.
func (h *history) applyQuirk(header *commitHeader) {
	q := h.quirk
	h.quirk = noQuirk
	if q.encoding >= 0 {
		header.message.encoding = encoded[q.encoding].encoding
		header.message.body = append([]string{encoded[q.encoding].text}, header.message.body...)
	}
	if q.form >= 0 {
		header.message.form = form(q.form)
	}
	if q.fixes >= 0 {
		h.addFixes(header.message, h.fixTarget(nil), q.fixes)
	}
}
