package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/commitflow/commitflow/stage"
)

// The splits of a dataset, from the oldest to the newest.
const (
	TrainSplit      = "train"
	ValidationSplit = "validation"
	TestSplit       = "test"
)

// Splits divides examples by time: what is tested is younger than what is trained on,
// as it is when a model is used. An example goes by the time at which the newest commit
// that it draws on was committed; that is its own commit, but for those of a mode that
// [Mode.LooksBack].
//
// All examples of commits that are linked (see [stage.ChainLinker.Linked]: a fix, its
// bug, reverts, backports) are in one split, or left out, and so are those of a series
// of patches ([stage.ChainLinker.Series]). The split is that of the group's newest
// commit; examples of the group that are older than the beginning of that split are
// dropped as "group of a later split". With a Gap, so are those of the time before each
// beginning, as "gap between splits": what is discussed at one time is often alike
// without being linked.
//
// Where the beginnings follow from shares of the history, a checkpoint keeps them: the
// commits that have come since go by the same ones.
type Splits struct {
	// History tells the groups; it has to have [stage.ChainLinker.Groups]. Splits opens
	// it, if nobody else has.
	History *stage.ChainLinker
	// ValidationFrom and TestFrom are when the splits begin; the zero time is for no
	// such split.
	ValidationFrom, TestFrom time.Time
	// Validation and Test are the shares of the history's commits, by the committers'
	// times, whose times make up the splits: of the newest ones, 0 to 1. They are for
	// where no time is given.
	Validation, Test float64
	// LooksBack tells that the mode does, see [Mode.LooksBack]: where later commits move
	// one row to a later split, the rows of its series are not to be in an earlier one.
	LooksBack bool
	// Gap is the time before the beginning of each split, but the first, of which there
	// are no examples.
	Gap time.Duration

	starts *splitStarts
}

// splitStarts are the state of a checkpoint: the first second of each split but the
// first, or 0 where there is no such split.
type splitStarts struct {
	Validation int64 `json:"validation"`
	Test       int64 `json:"test"`
}

const (
	dropGap        = "gap between splits"
	dropLaterSplit = "group of a later split"
)

var (
	_ stage.Processor[*Example, *Example] = (*Splits)(nil)
	_ stage.Opener                        = (*Splits)(nil)
	_ stage.Closer                        = (*Splits)(nil)
	_ stage.Snapshotter                   = (*Splits)(nil)
	_ stage.Configured                    = (*Splits)(nil)
)

// Check tells what is wrong with the settings.
func (s *Splits) Check() error {
	byTime := !s.ValidationFrom.IsZero() || !s.TestFrom.IsZero()
	byShare := s.Validation != 0 || s.Test != 0
	inShare := func(share float64) bool { return share >= 0 && share < 1 }
	switch {
	case byTime && byShare:
		return errors.New("splits: some begin at a time and some take a share: use one of the two for both")
	case !inShare(s.Validation) || !inShare(s.Test) || !inShare(s.Validation+s.Test):
		return fmt.Errorf("splits: shares of %v for validation and %v for test: want numbers from 0 that leave something for training", s.Validation, s.Test)
	case !s.ValidationFrom.IsZero() && !s.TestFrom.IsZero() && !s.ValidationFrom.Before(s.TestFrom):
		return fmt.Errorf("splits: validation from %s and test from %s: the first has to be before the second",
			s.ValidationFrom.Format(time.DateOnly), s.TestFrom.Format(time.DateOnly))
	case s.Gap < 0:
		return fmt.Errorf("splits: a gap of %v: want a time from 0", s.Gap)
	}
	return nil
}

// Names lists the splits, oldest first.
func (s *Splits) Names() []string {
	names := []string{TrainSplit}
	if !s.ValidationFrom.IsZero() || s.Validation > 0 {
		names = append(names, ValidationSplit)
	}
	if !s.TestFrom.IsZero() || s.Test > 0 {
		names = append(names, TestSplit)
	}
	return names
}

// Open checks the settings and finds where the splits begin.
func (s *Splits) Open(ctx context.Context) error {
	if err := s.Check(); err != nil {
		return err
	}
	if s.History == nil || !s.History.Groups {
		return errors.New("splits: History has to be a ChainLinker with Groups")
	}
	if err := s.History.Open(ctx); err != nil {
		return err
	}
	if s.starts == nil {
		s.starts = s.findStarts()
	}
	if v, t := s.starts.Validation, s.starts.Test; v > 0 && t > 0 && v >= t {
		return errors.Join(fmt.Errorf("splits: validation and test both begin at %s: the history is too short for these shares", day(t)), s.History.Close())
	}
	return nil
}

func (s *Splits) findStarts() *splitStarts {
	starts := &splitStarts{}
	if !s.ValidationFrom.IsZero() {
		starts.Validation = s.ValidationFrom.Unix()
	}
	if !s.TestFrom.IsZero() {
		starts.Test = s.TestFrom.Unix()
	}
	if s.Test > 0 {
		starts.Test = s.History.NewestShare(s.Test)
	}
	if s.Validation > 0 {
		starts.Validation = s.History.NewestShare(s.Validation + s.Test)
	}
	return starts
}

// Close closes the History.
func (s *Splits) Close() error {
	if s.History == nil {
		return nil
	}
	return s.History.Close()
}

// String tells where the splits begin, once they are open.
func (s *Splits) String() string {
	if s.starts == nil {
		return "not known yet"
	}
	text := TrainSplit
	for _, split := range []struct {
		name  string
		start int64
	}{{ValidationSplit, s.starts.Validation}, {TestSplit, s.starts.Test}} {
		if split.start > 0 {
			text += fmt.Sprintf(", %s from %s", split.name, time.Unix(split.start, 0).UTC().Format(time.RFC3339))
		}
	}
	return text + fmt.Sprintf(", with a gap of %v", s.Gap)
}

func day(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.DateOnly) }

// Process passes an example on to its split, or drops it.
func (s *Splits) Process(_ context.Context, e *Example, emit func(*Example)) error {
	split, between := s.at(e.seconds)
	if between {
		return stage.Drop(dropGap)
	}
	linked, _ := s.History.Linked(e.Commit)
	series, _ := s.History.Series(e.Commit)
	newest := max(e.seconds, linked.Newest, series.Newest)
	if s.LooksBack {
		newest = max(newest, series.NewestLinked)
	}
	if last, _ := s.at(newest); last != split {
		return stage.Drop(dropLaterSplit)
	}
	e.Split = split
	emit(e)
	return nil
}

// at gives the split of a time, and whether it is in the gap that ends that split.
func (s *Splits) at(seconds int64) (split string, between bool) {
	gap := int64(s.Gap / time.Second)
	v, t := s.starts.Validation, s.starts.Test
	switch {
	case t > 0 && seconds >= t:
		return TestSplit, false
	case v > 0 && seconds >= v:
		return ValidationSplit, t > 0 && seconds >= t-gap
	}
	return TrainSplit, v > 0 && seconds >= v-gap || t > 0 && seconds >= t-gap
}

// Snapshot gives where the splits begin.
func (s *Splits) Snapshot() ([]byte, error) { return json.Marshal(s.starts) }

// Restore takes up what Snapshot gave.
func (s *Splits) Restore(state []byte) error {
	s.starts = nil
	if err := json.Unmarshal(state, &s.starts); err != nil {
		return fmt.Errorf("dataset.Splits: the state in the checkpoint: %w", err)
	}
	return nil
}

// Configuration names what a checkpoint must not change under a run.
func (s *Splits) Configuration() map[string]string {
	return map[string]string{
		"validation": fmt.Sprint(s.Validation, s.ValidationFrom.Unix()),
		"test":       fmt.Sprint(s.Test, s.TestFrom.Unix()),
		"gap":        s.Gap.String(),
		"looks back": strconv.FormatBool(s.LooksBack),
	}
}
