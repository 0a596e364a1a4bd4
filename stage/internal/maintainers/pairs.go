package maintainers

// pairSet tells quickly that a text is not in another one: it has a bit for each
// two neighbouring bytes, which several pairs share.
type pairSet [4]uint64

// pairOf gives the bit of two bytes.
func pairOf(a, b byte) uint8 { return a*31 + b }

// set makes the set that of a text.
func (p *pairSet) set(text string) {
	*p = pairSet{}
	for i := 1; i < len(text); i++ {
		pair := pairOf(text[i-1], text[i])
		p[pair>>6] |= 1 << (pair & 63)
	}
}

// mayHold is false where the text does not hold another one with the other set.
func (p *pairSet) mayHold(other *pairSet) bool {
	return (other[0]&^p[0])|(other[1]&^p[1])|(other[2]&^p[2])|(other[3]&^p[3]) == 0
}
