package bench

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// BenchmarkFlat tells whether a run slows down as it goes on: last/first is the
// rate over the last tenth of the history divided by that over the first. It
// says most of a long synthetic history, whose commits are alike throughout.
func BenchmarkFlat(b *testing.B) {
	runs := repeat(b, order{Kind: commitRows, Repo: repository(b), Workers: runtime.GOMAXPROCS(0)}, func() {})
	first, last := tenths(runs.Progress)
	b.ReportMetric(first, "first-commits/s")
	b.ReportMetric(last, "last-commits/s")
	b.ReportMetric(last/first, "last/first")
}

// tenths gives the commits per second over the first and the last tenth of a
// run. The first hundredth does not count: a history may begin with a commit
// that brings in a whole tree.
func tenths(progress []mark) (first, last float64) {
	commits := float64(progress[len(progress)-1].Done)
	rate := func(from, to float64) float64 {
		return (to - from) * commits / (reached(progress, to*commits) - reached(progress, from*commits)).Seconds()
	}
	return rate(0.01, 0.1), rate(0.9, 1)
}

// reached tells when so many commits were done, interpolated between two marks.
func reached(progress []mark, commits float64) time.Duration {
	i := slices.IndexFunc(progress, func(m mark) bool { return float64(m.Done) >= commits })
	var before mark
	if i > 0 {
		before = progress[i-1]
	}
	after := progress[i]
	share := (commits - float64(before.Done)) / float64(after.Done-before.Done)
	return before.Elapsed + time.Duration(share*float64(after.Elapsed-before.Elapsed))
}

func TestTenths(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		progress    []mark
		first, last float64
	}{
		"even":                      {[]mark{{10 * s, 1000}}, 100, 100},
		"slower at the end":         {[]mark{{9 * s, 900}, {11 * s, 1000}, {20 * s, 1000}}, 100, 50},
		"a first commit that lasts": {[]mark{{5 * s, 0}, {10 * s, 1}, {11 * s, 10}, {20 * s, 100}, {29 * s, 1000}}, 10, 100},
	} {
		first, last := tenths(c.progress)
		assert.InEpsilon(t, c.first, first, 0.001, name)
		assert.InEpsilon(t, c.last, last, 0.001, name)
	}
}
