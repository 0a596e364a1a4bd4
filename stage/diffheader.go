package stage

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/commitflow/commitflow/stage/internal/unified"
)

// appendHeader appends the "diff --git" line and the extended header lines.
func appendHeader(dst []byte, f *FileChange) []byte {
	oldPath, newPath := f.OldPath, f.NewPath
	if oldPath == "" {
		oldPath = newPath
	}
	if newPath == "" {
		newPath = oldPath
	}
	dst = append(dst, "diff --git "...)
	dst = unified.AppendPath(dst, "a/", oldPath)
	dst = append(dst, ' ')
	dst = unified.AppendPath(dst, "b/", newPath)
	dst = append(dst, '\n')

	oldMode, newMode := shownMode(f.OldMode), shownMode(f.NewMode)
	switch {
	case oldMode == ModeNone:
		dst = appendMode(dst, "new file mode ", newMode)
	case newMode == ModeNone:
		dst = appendMode(dst, "deleted file mode ", oldMode)
	case oldMode != newMode:
		dst = appendMode(dst, "old mode ", oldMode)
		dst = appendMode(dst, "new mode ", newMode)
	}
	switch f.Kind {
	case Renamed:
		dst = appendOrigin(dst, f, "rename")
	case Copied:
		dst = appendOrigin(dst, f, "copy")
	}
	if f.OldID == f.NewID {
		return dst
	}
	dst = append(dst, "index "...)
	dst = hex.AppendEncode(dst, f.OldID[:])
	dst = append(dst, ".."...)
	dst = hex.AppendEncode(dst, f.NewID[:])
	if oldMode == newMode {
		return appendMode(dst, " ", newMode)
	}
	return append(dst, '\n')
}

// shownMode gives the mode that git shows: of a file's permissions, only
// whether its owner may execute it counts.
func shownMode(mode FileMode) FileMode {
	switch {
	case mode.Type() != ModeRegular.Type():
		return mode
	case mode&0o100 != 0:
		return ModeExecutable
	default:
		return ModeRegular
	}
}

// appendMode appends a line that ends in a mode.
func appendMode(dst []byte, before string, mode FileMode) []byte {
	dst = append(dst, before...)
	for shift := 15; shift >= 0; shift -= 3 {
		dst = append(dst, '0'+byte(mode>>shift&7))
	}
	return append(dst, '\n')
}

// appendOrigin appends where a renamed or copied file came from.
func appendOrigin(dst []byte, f *FileChange, verb string) []byte {
	dst = append(dst, "similarity index "...)
	dst = strconv.AppendInt(dst, int64(f.Similarity), 10)
	dst = append(dst, "%\n"...)
	dst = append(dst, verb...)
	dst = append(dst, " from "...)
	dst = unified.AppendPath(dst, "", f.OldPath)
	dst = append(dst, '\n')
	dst = append(dst, verb...)
	dst = append(dst, " to "...)
	dst = unified.AppendPath(dst, "", f.NewPath)
	return append(dst, '\n')
}

// appendFileNames appends the "---" and "+++" lines. A tab ends a name with a
// space in it, so that tools do not take the rest for a date.
func appendFileNames(dst []byte, f *FileChange) []byte {
	name := func(sign, prefix, path string, mode FileMode) {
		dst = append(dst, sign...)
		dst = appendSide(dst, prefix, path, mode)
		if mode != ModeNone && strings.IndexByte(path, ' ') >= 0 {
			dst = append(dst, '\t')
		}
		dst = append(dst, '\n')
	}
	name("--- ", "a/", f.OldPath, f.OldMode)
	name("+++ ", "b/", f.NewPath, f.NewMode)
	return dst
}

// appendBinaryNotice appends what git prints in place of a binary diff.
func appendBinaryNotice(dst []byte, f *FileChange) []byte {
	dst = append(dst, "Binary files "...)
	dst = appendSide(dst, "a/", f.OldPath, f.OldMode)
	dst = append(dst, " and "...)
	dst = appendSide(dst, "b/", f.NewPath, f.NewMode)
	return append(dst, " differ\n"...)
}

// appendSide appends the name of one side, which is /dev/null where there is no
// file.
func appendSide(dst []byte, prefix, path string, mode FileMode) []byte {
	if mode == ModeNone {
		return append(dst, "/dev/null"...)
	}
	return unified.AppendPath(dst, prefix, path)
}

// appendSubmodule appends what a patch shows as the content of a submodule.
func appendSubmodule(dst []byte, id Hash) []byte {
	dst = append(dst, "Subproject commit "...)
	dst = hex.AppendEncode(dst, id[:])
	return append(dst, '\n')
}
