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

// ErrLeak tells that two splits of a dataset share what they must not.
var ErrLeak = errors.New("leak between splits")

// LeakCheck looks at the rows just as they are written, and whatever has divided them,
// for what two splits share: a commit, a commit that rows link to, a patch-id, a group
// of linked commits, a series. It passes all rows on and remembers the first leak; [LeakCheck.Err] is
// for the sink to ask before it publishes.
//
// It takes some 200 bytes for each row, works on one at a time, and serves one run.
// Commits and patches are compared by 64 bits of a hash.
type LeakCheck struct {
	// History tells the groups; nil for none.
	History *stage.ChainLinker

	rows []leakRow
	seen map[uint64]uint32 // the first row of each
	leak string
}

// leakRow is a row that has passed: what its ID is made of, and its split.
type leakRow struct {
	commit stage.Hash
	split  uint8 // in leakSplits
	rest   string
}

// leakSplits are the splits by number.
var leakSplits = []string{TrainSplit, ValidationSplit, TestSplit}

var (
	_ stage.Processor[*Row, *Row] = (*LeakCheck)(nil)
	_ stage.Snapshotter           = (*LeakCheck)(nil)
)

// What rows may share, as the first byte of what is hashed.
const (
	leakCommit = 'c'
	leakPatch  = 'p'
	leakLinked = 'l'
	leakSeries = 's'
)

// Process passes the row on.
func (l *LeakCheck) Process(_ context.Context, r *Row, emit func(*Row)) error {
	if l.leak == "" {
		if err := l.check(r); err != nil {
			return err
		}
	}
	emit(r)
	return nil
}

func (l *LeakCheck) check(r *Row) error {
	_, name := r.Partition()
	split := -1
	for i := range leakSplits {
		if leakSplits[i] == name {
			split = i
		}
	}
	if split < 0 {
		return fmt.Errorf("row %s: there is no split %q", r.ID, name)
	}
	mode, rest, _ := strings.Cut(r.ID, r.Commit.String())
	l.rows = append(l.rows, leakRow{r.Commit, uint8(split), rest})
	l.share(mode, leakCommit, r.Commit, "the commit")
	for i := range r.Links {
		l.share(mode, leakCommit, r.Links[i].Commit, "the linked commit")
	}
	if !r.patchID.IsZero() {
		l.share(mode, leakPatch, r.patchID, "the patch-id")
	}
	if l.History != nil {
		if group, known := l.History.Linked(r.Commit); known {
			l.share(mode, leakLinked, group.First, "the group of linked commits that begins with")
		}
		if group, known := l.History.Series(r.Commit); known {
			l.share(mode, leakSeries, group.First, "the series that begins with")
		}
	}
	return nil
}

// share notes what the last row has, and whether a row of another split has it.
func (l *LeakCheck) share(mode string, kind byte, hash stage.Hash, what string) {
	if l.seen == nil {
		l.seen = map[uint64]uint32{}
	}
	key := [1 + len(hash)]byte{kind}
	copy(key[1:], hash[:])
	sum := xxhash.Sum64(key[:])
	last := len(l.rows) - 1
	first, there := l.seen[sum]
	if !there {
		l.seen[sum] = uint32(last)
		return
	}
	a, b := &l.rows[first], &l.rows[last]
	if a.split != b.split && l.leak == "" {
		l.leak = fmt.Sprintf("row %s%s%s of %s and row %s%s%s of %s share %s %s",
			mode, a.commit, a.rest, leakSplits[a.split], mode, b.commit, b.rest, leakSplits[b.split], what, hash)
	}
}

// Err gives an error that matches [ErrLeak] if two splits share anything.
func (l *LeakCheck) Err() error {
	if l.leak == "" {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrLeak, l.leak)
}

const leakState = 1 // version

// Snapshot gives what has passed.
func (l *LeakCheck) Snapshot() ([]byte, error) {
	out := append([]byte{leakState}, binary.AppendUvarint(nil, uint64(len(l.leak)))...)
	out = append(out, l.leak...)
	out = binary.AppendUvarint(out, uint64(len(l.rows)))
	for i := range l.rows {
		r := &l.rows[i]
		out = append(append(out, r.commit[:]...), r.split)
		out = append(binary.AppendUvarint(out, uint64(len(r.rest))), r.rest...)
	}
	for sum, row := range l.seen {
		out = binary.LittleEndian.AppendUint64(out, sum)
		out = binary.LittleEndian.AppendUint32(out, row)
	}
	return out, nil
}

var errLeakState = fmt.Errorf("dataset.LeakCheck: %w", errBrokenState)

// Restore takes up what Snapshot gave.
func (l *LeakCheck) Restore(state []byte) (err error) {
	if len(state) == 0 || state[0] != leakState {
		return errors.New("dataset.LeakCheck: the checkpoint has a state of another version: begin the run anew")
	}
	l.rows, l.seen = nil, map[uint64]uint32{}
	if l.leak, state, err = cutText(state[1:]); err != nil {
		return errLeakState
	}
	count, state, err := cutNumber(state)
	for ; err == nil && count > 0; count-- {
		var r leakRow
		if len(state) <= len(r.commit) || int(state[len(r.commit)]) >= len(leakSplits) {
			return errLeakState
		}
		copy(r.commit[:], state)
		r.split = state[len(r.commit)]
		r.rest, state, err = cutText(state[len(r.commit)+1:])
		l.rows = append(l.rows, r)
	}
	const size = 8 + 4
	if err != nil || len(state)%size != 0 {
		return errLeakState
	}
	for ; len(state) > 0; state = state[size:] {
		row := binary.LittleEndian.Uint32(state[8:])
		if int(row) >= len(l.rows) {
			return errLeakState
		}
		l.seen[binary.LittleEndian.Uint64(state)] = row
	}
	return nil
}
