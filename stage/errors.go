package stage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sourcegraph/conc/panics"
)

// Error tells where in a pipeline something went wrong, and with which item. It
// wraps the cause. A panic in a source, processor or sink becomes an Error too;
// its cause then holds the stack and, if the panic's value was an error, wraps
// that.
type Error struct {
	// Pipeline and Stage are the names of what failed. Stage is empty if the
	// run was cancelled from outside.
	Pipeline string
	Stage    string
	// Item tells which item failed; nil if it was not about a single item, as
	// when a source cannot be opened.
	Item *FailedItem
	Err  error
}

// FailedItem identifies an item.
type FailedItem struct {
	// Position is the item's place in its source's order.
	Position Position
	// Identity is "commit" and the hash for commits and what was made of them,
	// what the method Identity() string gives for items that have it, and else
	// empty.
	Identity string
}

// String gives identity and position in a few words.
func (i FailedItem) String() string {
	if i.Identity == "" {
		return fmt.Sprintf("item at position %d", i.Position)
	}
	return fmt.Sprintf("%s (position %d)", i.Identity, i.Position)
}

// Error names pipeline, stage and item, from the outside in.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Pipeline)
	if e.Stage != "" {
		b.WriteString(": " + e.Stage)
	}
	if e.Item != nil {
		b.WriteString(": " + e.Item.String())
	}
	b.WriteString(": " + e.Err.Error())
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// partedError tells why the failure of an item ended the run, whatever the
// policy: the beginning of its output had been sent on.
type partedError struct {
	emitted int
	cause   error
}

func (e *partedError) Error() string {
	return fmt.Sprintf("cannot be left out, as part of the %d items made of it has been passed on: %v", e.emitted, e.cause)
}

func (e *partedError) Unwrap() error { return e.cause }

// identify names an item for an error.
func identify[T any](it Item[T]) *FailedItem {
	item := &FailedItem{Position: it.Position}
	// A user's Identity is code like any other, called for an item that has
	// just caused trouble.
	if panics.Try(func() { item.Identity = identity(it.Value) }) != nil {
		item.Identity = ""
	}
	return item
}

func identity(value any) string {
	switch v := value.(type) {
	case *Commit:
		return "commit " + v.Hash.String()
	case interface{ Identity() string }:
		return v.Identity()
	}
	return ""
}

// DropReason gives the reason if the error came from [Drop] or [DropFor].
func DropReason(err error) (reason string, ok bool) {
	d, ok := asDropped(err)
	return d.reason, ok
}

func asDropped(err error) (d dropped, ok bool) {
	if d, ok := err.(dropped); ok { // by far the most frequent, and free
		return d, true
	}
	return d, errors.As(err, &d)
}

// guard calls f and turns a panic into an error.
func guard(f func() error) (err error) {
	if caught := panics.Try(func() { err = f() }); caught != nil {
		return caught.AsError()
	}
	return err
}
