package stage

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrMissing marks an object that the repository does not hold, as happens in
// partial and shallow clones.
var ErrMissing = errors.New("object missing from the repository")

// ChangeKind is what happened to a file, by git's letter.
type ChangeKind byte

// The kinds of change, with the letters of `git diff-tree --raw`.
const (
	Added       ChangeKind = 'A'
	Modified    ChangeKind = 'M'
	Deleted     ChangeKind = 'D'
	Renamed     ChangeKind = 'R'
	Copied      ChangeKind = 'C'
	TypeChanged ChangeKind = 'T' // between file, symlink and submodule
)

// String gives git's letter.
func (k ChangeKind) String() string { return string(rune(k)) }

// MarshalText gives git's letter.
func (k ChangeKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is the inverse of [ChangeKind.MarshalText].
func (k *ChangeKind) UnmarshalText(text []byte) error {
	if len(text) != 1 {
		return fmt.Errorf("kind of change %.20q: want one letter", text)
	}
	*k = ChangeKind(text[0])
	return nil
}

// FileMode is a tree entry's mode, as git stores it.
type FileMode uint32

// The modes that occur in trees. The historic 0100664 is kept as it is.
const (
	ModeNone       FileMode = 0
	ModeDir        FileMode = 0o040000
	ModeRegular    FileMode = 0o100644
	ModeExecutable FileMode = 0o100755
	ModeSymlink    FileMode = 0o120000
	ModeSubmodule  FileMode = 0o160000
)

// modeType masks the bits of a mode that tell file, symlink, submodule and
// directory apart.
const modeType FileMode = 0o170000

// Type gives the bits that tell files, symlinks, submodules and directories
// apart: the permission bits are cleared.
func (m FileMode) Type() FileMode { return m & modeType }

// String gives git's six octal digits.
func (m FileMode) String() string {
	text, _ := m.MarshalText()
	return string(text)
}

// MarshalText gives git's six octal digits.
func (m FileMode) MarshalText() ([]byte, error) {
	text := make([]byte, 0, 8)
	for limit := FileMode(0o100000); limit > 1 && m < limit; limit >>= 3 {
		text = append(text, '0')
	}
	return strconv.AppendUint(text, uint64(m), 8), nil
}

// UnmarshalText is the inverse of [FileMode.MarshalText].
func (m *FileMode) UnmarshalText(text []byte) error {
	mode, err := strconv.ParseUint(string(text), 8, 32)
	if err != nil {
		return fmt.Errorf("file mode: %w", err)
	}
	*m = FileMode(mode)
	return nil
}

// FileChange is the change of one file by one commit.
type FileChange struct {
	Kind ChangeKind `json:"kind"`
	// OldPath is empty for an added file, NewPath for a deleted one; else both
	// are set, and differ for renames and copies only. Paths are as stored in
	// the tree: any bytes but NUL, components joined by "/".
	OldPath string   `json:"old_path"`
	NewPath string   `json:"new_path"`
	OldMode FileMode `json:"old_mode"`
	NewMode FileMode `json:"new_mode"`
	OldID   Hash     `json:"old_id"`
	NewID   Hash     `json:"new_id"`
	// Similarity is git's index in percent, for renames and copies; 100 means
	// equal contents.
	Similarity int `json:"similarity"`

	// What follows is set by a [DiffParser].

	// Added and Deleted count lines, as `git log --numstat` does; both are 0
	// for binary files.
	Added   int `json:"added"`
	Deleted int `json:"deleted"`
	// Binary tells that git would print no text diff of the file.
	Binary bool `json:"binary"`
	// Patch is the file's part of `git diff-tree -p -M --full-index`, byte for
	// byte: it may hold bytes that are not UTF-8.
	Patch string `json:"patch"`
	// Hunks are the patch's hunks, in order; their texts share Patch's memory.
	Hunks []Hunk `json:"hunks"`
	// License is the SPDX expression in the file's first lines after the
	// change (before it, for a deleted file), or "".
	License string `json:"license"`
	// Missing tells that an object needed for the patch is not in the
	// repository, so that Patch, Hunks and the line counts are empty.
	Missing bool `json:"missing"`
	// Truncated tells that a content was over the size limit, so that Patch,
	// Hunks and the line counts are empty.
	Truncated bool `json:"truncated"`

	// Before and After are the file's contents, only where a stage was asked
	// to load them. They are shared with the source's cache: read only.
	Before []byte `json:"-"`
	After  []byte `json:"-"`
}

// Path is the file's path after the change, or before it if the change
// deletes the file.
func (f *FileChange) Path() string {
	if f.NewPath != "" {
		return f.NewPath
	}
	return f.OldPath
}

// Hunk is one hunk of a patch.
type Hunk struct {
	// The first line of each side, from 1, and the number of lines. A side
	// without lines starts at the line before it, or at 0, as in git's "@@".
	OldStart int `json:"old_start"`
	OldLines int `json:"old_lines"`
	NewStart int `json:"new_start"`
	NewLines int `json:"new_lines"`
	// Heading is what git prints after the second "@@": usually the line that
	// opens the enclosing function.
	Heading string `json:"heading"`
	// Text is the hunk's lines without its "@@" line: each begins with ' ',
	// '-', '+' or '\' and ends in a newline.
	Text string `json:"-"`
}
