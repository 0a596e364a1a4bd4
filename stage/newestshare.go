package stage

import "slices"

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
