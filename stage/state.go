package stage

import "fmt"

// State tells what became of a commit by the end of the history that was read.
// The zero value is that of a commit which nobody has reverted.
type State uint8

// The states of a commit.
const (
	// InEffect: no revert of the whole commit is known.
	InEffect State = iota
	// Reverted: the last word on the commit is a revert that is itself in
	// effect.
	Reverted
	// Reapplied: reverted once, and back in effect at the end.
	Reapplied
)

var states = [...]string{"in-effect", "reverted", "reapplied"}

// String gives "in-effect", "reverted" or "reapplied".
func (s State) String() string {
	if int(s) < len(states) {
		return states[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// MarshalText gives the state's word.
func (s State) MarshalText() ([]byte, error) {
	if int(s) >= len(states) {
		return nil, fmt.Errorf("%v: no such state", s)
	}
	return []byte(states[s]), nil
}

// UnmarshalText is the inverse of [State.MarshalText].
func (s *State) UnmarshalText(text []byte) error {
	for i, word := range states {
		if string(text) == word {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("state %.20q: want in-effect, reverted or reapplied", text)
}
