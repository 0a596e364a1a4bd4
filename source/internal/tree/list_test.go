package tree

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/commitflow/commitflow/stage"
)

// FuzzList compares the list with the entries read one by one.
func FuzzList(f *testing.F) {
	id := strings.Repeat("\x01", hashSize)
	whole := "100644 a\x00" + id + "100755 b\x00" + id + "40000 c\x00" + id + "120000 d\x00" + id + "160000 e\x00" + id + "100664 f\x00" + id + "040000 g\x00" + id
	for end := range len(whole) + 1 {
		f.Add([]byte(whole[:end]))
	}
	for _, bad := range []string{"100644 \x00", "40000 \x00", "100644\x00", "100688 a\x00", "400000 a\x00", "100644  a\x00"} {
		f.Add([]byte(bad + id))
		f.Add([]byte(bad + id + whole))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		line := func(name []byte, mode stage.FileMode, id []byte) string {
			return fmt.Sprintf("%s %q %x", mode, name, id)
		}
		var want, got []string
		var wrong error
		for rest := data; len(rest) > 0 && wrong == nil; {
			var e entry
			var size int
			if e, size, wrong = parseEntry(rest); wrong == nil {
				want = append(want, line(e.name, e.mode, e.id))
				rest = rest[size:]
			}
		}
		err := List(stage.Hash{}, data, func(name []byte, mode stage.FileMode, id stage.Hash) {
			got = append(got, line(name, mode, id[:]))
		})
		assert.Equal(t, want, got)
		assert.ErrorIs(t, err, wrong)
	})
}
