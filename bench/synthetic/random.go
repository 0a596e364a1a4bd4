package synthetic

import "math/bits"

// random is SplitMix64 (Steele, Lea, Flood 2014). Histories must be the same
// on every machine and under every version of Go, so nothing here rests on
// floating point or on the standard library's generators.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	return mix(uint64(*r))
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives a number from 0 to n-1; n must be positive.
func (r *random) below(n int) int {
	high, _ := bits.Mul64(r.next(), uint64(n))
	return int(high)
}

// between gives a number from low to high, both included.
func (r *random) between(low, high int) int { return low + r.below(high-low+1) }

// chance is true in n of 1000 cases.
func (r *random) chance(n int) bool { return r.below(1000) < n }

// skewed gives a number from 0 to n-1, where small ones are more common: the
// first tenth of them takes almost a third.
func (r *random) skewed(n int) int {
	const unit = 1 << 16
	u := uint64(r.below(unit))
	return int(u * u * uint64(n) / unit / unit)
}

// concentrated is like skewed, but more so: the first tenth of the numbers takes more
// than half.
func (r *random) concentrated(n int) int {
	const unit = 1 << 16
	u := uint64(r.below(unit))
	u = u * u / unit
	return int(u * u * uint64(n) / unit / unit)
}

// geometric gives 1, 2, 3, …, each further one with a chance of n in 1000.
func (r *random) geometric(n int) int {
	k := 1
	for r.chance(n) {
		k++
	}
	return k
}

// logNormal gives numbers whose logarithms are about normally distributed
// around the median; spread is the standard deviation in 1/1024 of a doubling.
func (r *random) logNormal(median, spread int) int {
	// The sum of twelve uniform numbers is close to normal.
	sum := 0
	for range 12 {
		sum += r.below(1024)
	}
	exponent := (sum - 12*1024/2) * spread / 1024 // in 1/1024 of a doubling
	scaled := median * sixteenths[exponent&1023>>6]
	if shift := exponent>>10 - 16; shift < 0 {
		return scaled >> -shift
	}
	return scaled << (exponent>>10 - 16)
}

// sixteenths holds 65536 · 2^(i/16).
var sixteenths = [16]int{65536, 68438, 71468, 74632, 77936, 81386, 84990, 88752,
	92682, 96785, 101070, 105545, 110218, 115098, 120194, 125515}

func pick[T any](r *random, from []T) T { return from[r.below(len(from))] }
