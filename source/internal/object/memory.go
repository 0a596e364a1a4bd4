package object

import (
	"strings"
	"unsafe"
)

// uncleared gives n bytes for an object's content, with anything in them: the
// caller writes them all before anybody else sees them. The memory that make
// gives is cleared first, which would be a tenth of a whole run.
func uncleared(n int) []byte {
	if n == 0 {
		return []byte{} // nil would say that there is no content
	}
	var b strings.Builder // its memory is not cleared
	b.Grow(n)
	b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), n) // nobody else has the string
}
