package dataset

import (
	"encoding/binary"
	"errors"
)

// errBrokenState tells that a state of a checkpoint does not hold what it says.
var errBrokenState = errors.New("the checkpoint has a broken state: begin the run anew")

// cutText reads a text, behind its length, from the beginning of a state.
func cutText(state []byte) (string, []byte, error) {
	length, state, err := cutNumber(state)
	if err != nil || length > uint64(len(state)) {
		return "", nil, errBrokenState
	}
	return string(state[:length]), state[length:], nil
}

// cutNumber reads a number from the beginning of a state.
func cutNumber(state []byte) (uint64, []byte, error) {
	n, size := binary.Uvarint(state)
	if size <= 0 {
		return 0, nil, errBrokenState
	}
	return n, state[size:], nil
}
