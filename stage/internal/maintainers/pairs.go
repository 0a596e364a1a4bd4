package maintainers

// pairSet tells quickly that a text is not in another one: it has a bit for each
// two neighbouring bytes, which several pairs share.
type pairSet [4]uint64

// pairOf gives the bit of two bytes.
func pairOf(a, b byte) uint8 { return a*31 + b }

// pairsOf gives the bits of a text.
func pairsOf(text string) []uint8 {
	var pairs []uint8
	for i := 1; i < len(text); i++ {
		pairs = append(pairs, pairOf(text[i-1], text[i]))
	}
	return pairs
}

// set makes the set that of a text.
func (p *pairSet) set(text string) {
	*p = pairSet{}
	for i := 1; i < len(text); i++ {
		pair := pairOf(text[i-1], text[i])
		p[pair>>6] |= 1 << (pair & 63)
	}
}

// mayHold is false where the text does not hold another one with these pairs.
func (p *pairSet) mayHold(pairs []uint8) bool {
	for _, pair := range pairs {
		if p[pair>>6]>>(pair&63)&1 == 0 {
			return false
		}
	}
	return true
}
