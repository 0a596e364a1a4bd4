package rename

// minBaseNameScore is the similarity that two files of the same base name must
// have to be matched without looking at others: half-way from the least
// similarity to equality.
const minBaseNameScore = minScore + (maxScore-minScore)/2

// matchBaseNames matches a source with a destination of its base name, where
// only one of each is left. Most renames move a file to another directory, and
// this finds them at the cost of one comparison each.
func (d *detector) matchBaseNames() error {
	if len(d.sources) == 0 {
		return nil
	}
	type places struct{ source, destination int }
	const several = -2
	place := func(at *int, i int) {
		if *at == none {
			*at = i
		} else {
			*at = several
		}
	}
	unique := make(map[string]places, len(d.sources))
	for i := range d.sources {
		name := d.sources[i].baseName()
		p, ok := unique[name]
		if !ok {
			p = places{none, none}
		}
		place(&p.source, i)
		unique[name] = p
	}
	for i := range d.destinations {
		if d.destinations[i].origin != none {
			continue
		}
		name := d.destinations[i].baseName()
		if p, ok := unique[name]; ok {
			place(&p.destination, i)
			unique[name] = p
		}
	}
	for i := range d.sources {
		from := &d.sources[i]
		p := unique[from.baseName()]
		if p.source != i || p.destination < 0 {
			continue
		}
		to := &d.destinations[p.destination]
		score, err := d.similarity(&from.file, &to.file, minBaseNameScore)
		if err != nil {
			return err
		}
		if score >= minBaseNameScore {
			d.match(to, from, score)
		}
		if score >= minBaseNameScore || d.held > d.opt.MaxHeld/2 {
			d.dropDigest(&from.file)
			d.dropDigest(&to.file)
		}
	}
	return nil
}
