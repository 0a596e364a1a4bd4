package stage

import "strings"

// Names in the headers of a patch are bare, or between double quotes with C's
// escapes where they hold control characters, quotes, backslashes or (by
// default) bytes above ASCII: see core.quotePath in git-config(1).

// maxNames bounds the line that names both files: two paths of the longest kind
// that systems take, every byte of them written as an escape of four.
const maxNames = 2*4*4096 + 64

// unquoteName reads a name up to its closing quote and gives what follows it.
func unquoteName(s string) (name, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", false
	}
	var out []byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			return string(out), s[i+1:], true
		case '\\':
			b, length := unescape(s[i+1:])
			if length == 0 {
				return "", "", false
			}
			out = append(out, b)
			i += length
		default:
			out = append(out, c)
		}
	}
	return "", "", false
}

// unescape reads what follows a backslash: the byte it stands for, and how many
// characters it takes (0 if it is no escape).
func unescape(s string) (b byte, length int) {
	if s == "" {
		return 0, 0
	}
	if i := strings.IndexByte(`abfnrtv"\`, s[0]); i >= 0 {
		return "\a\b\f\n\r\t\v\"\\"[i], 1
	}
	if len(s) < 3 || s[0] > '3' {
		return 0, 0
	}
	value := 0
	for _, digit := range []byte(s[:3]) {
		if digit < '0' || digit > '7' {
			return 0, 0
		}
		value = value*8 + int(digit-'0')
	}
	return byte(value), 3
}

// wholeName reads a name that fills the rest of its line, as after "rename from".
func wholeName(s string) (name string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return s, s != ""
	}
	name, rest, ok := unquoteName(s)
	return name, ok && rest == "" && name != ""
}

// splitNames reads what follows "diff --git ": both names with their prefixes.
// Bare names may hold spaces, so the line is cut where both halves name the same
// file; where they do not (renames and copies), the extended headers name them.
func splitNames(s string) (oldPath, newPath string, ok bool) {
	if len(s) > maxNames {
		return "", "", false
	}
	if strings.HasPrefix(s, `"`) {
		first, rest, ok := unquoteName(s)
		second, spaced := strings.CutPrefix(rest, " ")
		if !ok || !spaced {
			return "", "", false
		}
		second, ok = wholeName(second)
		if !ok {
			return "", "", false
		}
		return sameFile(first, second)
	}
	if i := strings.Index(s, ` "`); i > 0 {
		if second, ok := wholeName(s[i+1:]); ok {
			return sameFile(s[:i], second)
		}
	}
	if half := len(s) / 2; len(s)%2 == 1 && s[half] == ' ' {
		if oldPath, newPath, ok := sameFile(s[:half], s[half+1:]); ok {
			return oldPath, newPath, true
		}
	}
	for i := range len(s) {
		if s[i] == ' ' {
			if oldPath, newPath, ok := sameFile(s[:i], s[i+1:]); ok {
				return oldPath, newPath, true
			}
		}
	}
	return "", "", false
}

// sameFile takes the prefixes off two names if they then are equal. Names that
// are equal as they stand have none (--no-prefix).
func sameFile(first, second string) (oldPath, newPath string, ok bool) {
	if first == second && first != "" {
		return first, second, true
	}
	_, oldPath, oldOK := strings.Cut(first, "/")
	_, newPath, newOK := strings.Cut(second, "/")
	if !oldOK || !newOK || oldPath == "" || oldPath != newPath {
		return "", "", false
	}
	return oldPath, newPath, true
}

// fileLineName reads the name of a "--- " or "+++ " line: it ends at a tab,
// after which diff -u writes a time and git nothing. absent tells that the side
// has no file.
func fileLineName(s string) (name string, absent, ok bool) {
	if strings.HasPrefix(s, `"`) {
		name, _, ok = unquoteName(s)
	} else {
		name, _, _ = strings.Cut(s, "\t")
		ok = name != ""
	}
	return name, name == "/dev/null", ok
}

// plainNames gives the paths of a patch without git's headers from its "--- "
// and "+++ " lines. Their first components are taken off as patch -p1 does, if
// there are any and the rest is the same file (or the other side has none).
// "x.orig" against "x" is a change of x.
func plainNames(first, second string, firstAbsent, secondAbsent bool) (oldPath, newPath string) {
	switch {
	case firstAbsent:
		return "", withoutPrefix(second)
	case secondAbsent:
		return withoutPrefix(first), ""
	}
	if oldPath, newPath, ok := sameFile(first, second); ok {
		return oldPath, newPath
	}
	newPath = withoutPrefix(second)
	return newPath, newPath
}

// withoutPrefix takes git's "a/" or "b/" (or another single letter) off a name.
func withoutPrefix(name string) string {
	if len(name) > 2 && name[1] == '/' {
		return name[2:]
	}
	return name
}
