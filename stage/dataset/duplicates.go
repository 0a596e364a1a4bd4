package dataset

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/commitflow/commitflow/stage"
)

// Duplicates leaves out examples that repeat an earlier one: the same change, by the
// commits' patch-ids ("duplicate patch"; for that a [stage.PatchIDs] has to come
// before the mode), or the same texts but for white space ("duplicate text"). The
// first in the history stays, and [stage.WithDropped] is told its ID. Of a commit
// with several examples each is compared with its like: the same file, the same task.
//
// What is alike without being equal, what a benchmark holds and what is private are
// other questions, for stages of their own at the same place.
//
// Texts and patch-ids are compared by 64 bits of a hash: among a million rows two
// different ones are taken for equal once in ten million runs. It takes some 120
// bytes for each example, works on one at a time, and serves one run.
type Duplicates struct {
	seen    []seenExample
	patches map[uint64]uint32 // by patch-id and what of the commit the example shows
	texts   map[uint64]uint32
}

// seenExample is an example that has passed: what its ID is made of, and what it is
// found by.
type seenExample struct {
	commit      stage.Hash
	rest        string // of the ID, behind the commit
	patch, text uint64 // patch is 0 for none
}

var (
	_ stage.Processor[*Example, *Example] = (*Duplicates)(nil)
	_ stage.Snapshotter                   = (*Duplicates)(nil)
)

// Process passes the example on, unless it repeats another.
func (d *Duplicates) Process(_ context.Context, e *Example, emit func(*Example)) error {
	mode, rest := e.splitID()
	s := seenExample{e.Commit, rest, e.patchKey(rest), e.textKey()}
	if first, ok := d.patches[s.patch]; ok && s.patch != 0 {
		return stage.DropFor("duplicate patch", d.id(mode, first))
	}
	if first, ok := d.texts[s.text]; ok {
		return stage.DropFor("duplicate text", d.id(mode, first))
	}
	d.add(s)
	emit(e)
	return nil
}

func (d *Duplicates) add(s seenExample) {
	if d.texts == nil {
		d.patches, d.texts = map[uint64]uint32{}, map[uint64]uint32{}
	}
	n := uint32(len(d.seen))
	d.seen = append(d.seen, s)
	d.texts[s.text] = n
	if s.patch != 0 {
		d.patches[s.patch] = n
	}
}

// id gives the ID of an example that has passed.
func (d *Duplicates) id(mode string, n uint32) string {
	return mode + d.seen[n].commit.String() + d.seen[n].rest
}

// splitID gives what of the ID stands before the commit, and behind it.
func (e *Example) splitID() (mode, rest string) {
	mode, rest, _ = strings.Cut(e.ID, e.Commit.String())
	return mode, rest
}

// patchKey tells which change of which part of a commit the example shows; 0 where
// no patch-id is known.
func (e *Example) patchKey(part string) uint64 {
	if e.patchID.IsZero() {
		return 0
	}
	digest := xxhash.New()
	_, _ = digest.Write(e.patchID[:])
	_, _ = digest.WriteString(part)
	return max(digest.Sum64(), 1)
}

// textKey is the hash of the texts, with every run of white space as one blank and
// none at the beginnings.
func (e *Example) textKey() uint64 {
	var f foldedHash
	f.digest.Reset()
	for _, text := range []string{e.Instruction, e.Input, e.Output, e.Rejected} {
		f.add(text)
	}
	return f.sum()
}

// duplicatesState is the version of the form in which the state is saved.
const duplicatesState = 1

// Snapshot gives what has passed, in order.
func (d *Duplicates) Snapshot() ([]byte, error) {
	out := binary.AppendUvarint([]byte{duplicatesState}, uint64(len(d.seen)))
	for _, s := range d.seen {
		out = append(out, s.commit[:]...)
		out = binary.LittleEndian.AppendUint64(out, s.patch)
		out = binary.LittleEndian.AppendUint64(out, s.text)
		out = binary.AppendUvarint(out, uint64(len(s.rest)))
		out = append(out, s.rest...)
	}
	return out, nil
}

// Restore takes up what Snapshot gave.
func (d *Duplicates) Restore(state []byte) error {
	if len(state) == 0 || state[0] != duplicatesState {
		return errors.New("dataset.Duplicates: the checkpoint has a state of another version: begin the run anew")
	}
	*d = Duplicates{}
	count, state, err := cutNumber(state[1:])
	for ; err == nil && count > 0; count-- {
		var s seenExample
		const fixed = len(s.commit) + 16
		if len(state) < fixed {
			err = errBrokenState
			break
		}
		copy(s.commit[:], state)
		s.patch = binary.LittleEndian.Uint64(state[len(s.commit):])
		s.text = binary.LittleEndian.Uint64(state[len(s.commit)+8:])
		if s.rest, state, err = cutText(state[fixed:]); err != nil {
			break
		}
		d.add(s)
	}
	if err == nil && len(state) > 0 {
		err = fmt.Errorf("%w (%d bytes too many)", errBrokenState, len(state))
	}
	if err != nil {
		return fmt.Errorf("dataset.Duplicates: %w", err)
	}
	return nil
}
