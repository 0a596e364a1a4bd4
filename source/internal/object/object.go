// Package object reads the objects of a git repository without a git child for
// each: packs and their indexes are mapped into memory, very large packs read by
// pieces, objects inflated, delta chains resolved and what may be wanted again kept
// in one bounded cache that all workers share.
//
// The formats are those of gitformat-pack(5) and gitrepository-layout(5). A
// repository is untrusted input: wrong sizes, offsets, chains or checksums are
// errors that name the object, and memory is bounded by declared sizes and a
// limit. What this package does not know to read (packs of an unknown version)
// it asks of `git cat-file`.
package object

import (
	"errors"
	"fmt"
)

// Type is the type of an object, numbered as in packs.
type Type uint8

// The types of objects.
const (
	Commit Type = 1
	Tree   Type = 2
	Blob   Type = 3
	Tag    Type = 4
)

// String gives git's word for the type.
func (t Type) String() string {
	switch t {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// parseType reads git's word for a type.
func parseType(word []byte) (Type, error) {
	switch string(word) {
	case "commit":
		return Commit, nil
	case "tree":
		return Tree, nil
	case "blob":
		return Blob, nil
	case "tag":
		return Tag, nil
	}
	return 0, corrupt("unknown object type %.20q", word)
}

// Errors of a [Store] wrap one of these, or stage.ErrMissing, where they apply.
var (
	// ErrCorrupt tells that the repository's files break their format.
	ErrCorrupt = errors.New("corrupt")
	// ErrTooLarge tells that an object is over the limit of [Options].
	ErrTooLarge = errors.New("object over the size limit")
	// ErrClosed tells that the store was closed.
	ErrClosed = errors.New("object store is closed")
)

// corrupt makes an error that wraps [ErrCorrupt].
func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// errUnsupported marks a pack that git may well be able to read.
var errUnsupported = errors.New("unsupported format")
