package tokenizer

// encoding is a vocabulary of byte strings, and the pairs of them that byte-pair
// encoding joins.
type encoding struct {
	// whole are the tokens that a word is not taken apart for.
	whole map[string]struct{}
	// bytes are the tokens of the single bytes.
	bytes [256]uint32
	// pairs tells what two tokens become, and how early.
	pairs pairs
	// bytePairs is what of pairs is asked for most: the tokens of two bytes, and noToken
	// for those that there are none of.
	bytePairs *[256][256]merge
}

// ready notes what is asked for most, when all tokens and pairs are known.
func (e *encoding) ready() *encoding {
	e.bytePairs = new([256][256]merge)
	for first, left := range e.bytes {
		for second, right := range e.bytes {
			m, ok := e.pairs.find([2]uint32{left, right})
			if !ok {
				m.token = noToken
			}
			e.bytePairs[first][second] = m
		}
	}
	return e
}

// count gives the number of tokens of a word: Sennrich, Haddow and Birch, "Neural
// Machine Translation of Rare Words with Subword Units" (2016), on bytes. It takes
// time n log n for words of n bytes.
func (e *encoding) count(word string, with *encoder) int {
	if len(word) <= 1 {
		return len(word)
	}
	if _, ok := e.whole[word]; ok {
		return 1
	}
	return with.encode(e, word)
}

// encoder is the memory that encoding a word takes.
type encoder struct {
	parts []part
	heap  []candidate
}

// part is a token of the word so far; parts are a list in both directions.
type part struct {
	token      uint32
	prev, next int32 // -1 at the ends
	gone       bool  // joined to the one before
}

// candidate is a pair that may be joined, if both halves are still what they were.
type candidate struct {
	merge
	left          int32
	first, second uint32
}

func (x *encoder) encode(e *encoding, word string) int {
	x.parts, x.heap = x.parts[:0], x.heap[:0]
	for i := range len(word) {
		x.parts = append(x.parts, part{token: e.bytes[word[i]], prev: int32(i) - 1, next: int32(i) + 1})
	}
	n := len(x.parts)
	x.parts[n-1].next = -1
	for i := range n - 1 {
		if m := e.bytePairs[word[i]][word[i+1]]; m.token != noToken {
			x.push(candidate{m, int32(i), x.parts[i].token, x.parts[i+1].token})
		}
	}
	for len(x.heap) > 0 {
		c := x.pop()
		left := &x.parts[c.left]
		if left.gone || left.token != c.first || left.next < 0 || x.parts[left.next].token != c.second {
			continue
		}
		right := &x.parts[left.next]
		right.gone = true
		left.token, left.next = c.token, right.next
		if left.next >= 0 {
			x.parts[left.next].prev = c.left
			x.consider(e, c.left)
		}
		if left.prev >= 0 {
			x.consider(e, left.prev)
		}
		n--
	}
	if cap(x.parts) > keptParts {
		x.parts, x.heap = nil, nil
	}
	return n
}

// keptParts is the longest word whose memory is kept for the next one.
const keptParts = 1 << 16

// consider notes the pair that begins with a part.
func (x *encoder) consider(e *encoding, left int32) {
	l := &x.parts[left]
	if l.next < 0 {
		return
	}
	pair := [2]uint32{l.token, x.parts[l.next].token}
	if m, ok := e.pairs.find(pair); ok {
		x.push(candidate{m, left, pair[0], pair[1]})
	}
}

// before tells which candidate goes first: among equals the leftmost.
func (c *candidate) before(d *candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.left < d.left
}

func (x *encoder) push(c candidate) {
	x.heap = append(x.heap, c)
	i := len(x.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !x.heap[i].before(&x.heap[up]) {
			break
		}
		x.heap[i], x.heap[up] = x.heap[up], x.heap[i]
		i = up
	}
}

func (x *encoder) pop() candidate {
	top := x.heap[0]
	last := len(x.heap) - 1
	x.heap[0] = x.heap[last]
	x.heap = x.heap[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return top
		}
		if child+1 < last && x.heap[child+1].before(&x.heap[child]) {
			child++
		}
		if !x.heap[child].before(&x.heap[i]) {
			return top
		}
		x.heap[i], x.heap[child] = x.heap[child], x.heap[i]
		i = child
	}
}

// noToken stands for a byte that a vocabulary does not have.
const noToken = ^uint32(0)

// fromRanks makes an encoding of a vocabulary in which a token's number tells how
// early it was made, as those of OpenAI are: two tokens are joined if what they make
// is a token, the lowest number first.
func fromRanks(tokens map[string]uint32) *encoding {
	e := &encoding{whole: make(map[string]struct{}, len(tokens)), pairs: newPairs(2 * len(tokens))}
	for b := range e.bytes {
		e.bytes[b] = noToken
		if id, ok := tokens[string([]byte{byte(b)})]; ok {
			e.bytes[b] = id
		}
	}
	for token, id := range tokens {
		e.whole[token] = struct{}{}
		for i := 1; i < len(token); i++ {
			left, ok := tokens[token[:i]]
			if !ok {
				continue
			}
			if right, ok := tokens[token[i:]]; ok {
				e.pairs.add([2]uint32{left, right}, merge{id, id})
			}
		}
	}
	return e.ready()
}
