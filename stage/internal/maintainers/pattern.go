package maintainers

import (
	"regexp"
	"strings"
)

// pattern is the value of an F: or X: field. "*" stands for any text, slashes
// too, and "?" for one character. A pattern holds for a path if it holds for the
// path's beginning and the path
//
//   - lies below the directory that the pattern names, if it ends in a slash or
//     is the name of a directory,
//   - else has as many slashes as the pattern.
type pattern struct {
	text string
	// literal is the text up to the first character that stands for others. All
	// paths for which the pattern holds begin with it.
	literal string
	slashes int
	dir     bool // it ends in a slash
	// expression is set where the pattern holds what has a meaning in regular
	// expressions; the script takes it for one.
	expression *regexp.Regexp
	never      bool // an expression that cannot be read
}

// longestPattern bounds what a pattern can cost.
const longestPattern = 4096

func newPattern(text string) pattern {
	p := pattern{
		text:    text,
		literal: text,
		slashes: strings.Count(text, "/"),
		dir:     strings.HasSuffix(text, "/"),
		never:   len(text) > longestPattern,
	}
	if i := strings.IndexAny(text, `*?[]()|+{}^$\`); i >= 0 {
		p.literal = text[:i]
		if text[i] == '{' {
			p.literal = text[:max(0, i-1)] // which may repeat the character before not once
		}
	}
	if strings.ContainsAny(text, `[]()|+{}^$\`) && !p.never {
		expression := strings.NewReplacer(".", `\.`, "*", ".*", "?", ".").Replace(text)
		var err error
		if p.expression, err = regexp.Compile("^(?:" + expression + ")"); err != nil {
			p.never = true
		}
		if strings.IndexByte(text, '|') >= 0 {
			p.literal = ""
		}
	}
	return p
}

// match gives the depth of the pattern if it holds for the path: the number of
// its slashes, and one more if it does not end in one; -1 if it begins with "*".
// isDir, which may be nil, tells whether a path is a directory.
func (p *pattern) match(path string, isDir func(string) bool) (depth int, ok bool) {
	depth = p.slashes
	if !p.dir {
		depth++
	}
	if strings.HasPrefix(p.text, "*") {
		depth = -1
	}
	switch {
	case p.never || !strings.HasPrefix(path, p.literal):
		return 0, false
	case len(p.literal) == len(p.text):
		return depth, p.dir || p.matchName(path, isDir)
	case p.expression != nil:
		ok = p.expression.MatchString(path)
	default:
		ok = globPrefix(p.text, path)
	}
	return depth, ok && (p.dir || strings.Count(path, "/") == p.slashes)
}

// matchName is for a path that begins with a pattern of no special characters:
// the name of a file, of a directory, or the beginning of a name.
func (p *pattern) matchName(path string, isDir func(string) bool) bool {
	rest := path[len(p.text):]
	switch {
	case rest == "":
		return true
	case rest[0] == '/':
		// It is a directory, since the path lies below it. The script asks the
		// file system for the name with a backslash before each dot, and finds
		// none such.
		return strings.IndexByte(p.text, '.') < 0
	case strings.IndexByte(rest, '/') >= 0:
		return false
	}
	return isDir == nil || strings.IndexByte(p.text, '.') >= 0 || !isDir(p.text)
}

// globPrefix reports whether a pattern of "*" and "?" holds for the beginning of
// a text. The end being free, the first place where each part fits will do.
func globPrefix(pattern, text string) bool {
	part, rest, star := strings.Cut(pattern, "*")
	if !fits(part, text) {
		return false
	}
	text = text[len(part):]
	for star {
		part, rest, star = strings.Cut(rest, "*")
		for !fits(part, text) {
			if text == "" {
				return false
			}
			text = text[1:]
		}
		text = text[len(part):]
	}
	return true
}

// fits reports whether a text begins with a part in which "?" is any character.
func fits(part, text string) bool {
	if len(part) > len(text) {
		return false
	}
	for i := range len(part) {
		if part[i] != text[i] && part[i] != '?' {
			return false
		}
	}
	return true
}
