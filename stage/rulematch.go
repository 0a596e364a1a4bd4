package stage

import (
	"fmt"
	"path"
	"strings"
)

// trailerRule is one entry of a rule's list for [InTrailer].
type trailerRule struct {
	rule  int
	key   string // "*" for any
	value string // "" for any, else in lower case
}

func parseTrailerRule(what string) (trailerRule, error) {
	key, value, _ := strings.Cut(what, ":")
	r := trailerRule{key: strings.TrimSpace(key), value: strings.ToLower(strings.TrimSpace(value))}
	if r.key == "" {
		return r, fmt.Errorf("the trailer %q has no key", what)
	}
	if r.key == "*" && r.value == "" {
		return r, fmt.Errorf("the trailer %q matches every trailer", what)
	}
	return r, nil
}

func (r *trailerRule) matches(t *Trailer) bool {
	if r.key != "*" && !t.Is(r.key) {
		return false
	}
	return r.value == "" || containsWord(t.Value, r.value)
}

// containsWord tells whether the text has word in it, in any case, and no
// letter or digit on either side.
func containsWord(text, word string) bool {
	first := word[0]
	letter := 'a' <= first|0x20 && first|0x20 <= 'z'
	return containsWordFrom(text, word, first) || letter && containsWordFrom(text, word, first^0x20)
}

// containsWordFrom is containsWord where the word in the text begins with this very
// byte: one byte is found much faster than one of two.
func containsWordFrom(text, word string, first byte) bool {
	for at := 0; at+len(word) <= len(text); at++ {
		next := strings.IndexByte(text[at:], first)
		if next < 0 {
			return false
		}
		at += next
		end := at + len(word)
		if end > len(text) || !equalFoldASCII(text[at:end], word) {
			continue
		}
		if (at == 0 || !isWordByte(text[at-1])) && (end == len(text) || !isWordByte(text[end])) {
			return true
		}
	}
	return false
}

// pathRule is the list of patterns of a rule for [InPath].
type pathRule struct {
	rule     int
	patterns []pathPattern
	except   []pathPattern
	// basePatterns tells that some of them look at a path's last component.
	basePatterns bool
}

// add takes one entry of the rule's list.
func (r *pathRule) add(what string) error {
	list := &r.patterns
	if rest, ok := strings.CutPrefix(what, "!"); ok {
		list, what = &r.except, rest
	}
	pattern, err := parsePathPattern(what)
	*list = append(*list, pattern)
	r.basePatterns = r.basePatterns || pattern.kind.ofBase()
	return err
}

// pathPattern is a pattern of paths. The frequent forms have their own kind,
// since a commit may change ten thousand files.
type pathPattern struct {
	kind    pathPatternKind
	text    string
	literal string // of the globs: what text begins with, up to its first wildcard
}

type pathPatternKind byte

const (
	pathBelow      pathPatternKind = iota // text is "dir/"
	pathBelowAny                          // text is "dir/"
	pathBase                              // text is the last component
	pathBasePrefix                        // text is its beginning
	pathBaseSuffix                        // text is its end
	pathBaseGlob
	pathGlob
)

// ofBase tells whether patterns of the kind look at the last component only.
func (k pathPatternKind) ofBase() bool { return pathBase <= k && k <= pathBaseGlob }

func parsePathPattern(pattern string) (pathPattern, error) {
	if _, err := path.Match(pattern, ""); err != nil || strings.Trim(pattern, "/*") == "" {
		return pathPattern{}, fmt.Errorf("bad path pattern %q", pattern)
	}
	if dir, ok := strings.CutSuffix(pattern, "/"); ok {
		kind := pathBelow
		if rest, ok := strings.CutPrefix(dir, "**/"); ok {
			kind, dir = pathBelowAny, rest
		}
		if strings.ContainsAny(dir, `*?[\`) || strings.HasPrefix(dir, "/") {
			return pathPattern{}, fmt.Errorf("bad directory pattern %q: a path from the root, or **/ before it", pattern)
		}
		return pathPattern{kind: kind, text: dir + "/"}, nil
	}
	if strings.Contains(pattern, "/") {
		return globPattern(pathGlob, pattern), nil
	}
	first, last := strings.TrimPrefix(pattern, "*"), strings.TrimSuffix(pattern, "*")
	switch {
	case !strings.ContainsAny(pattern, `*?[\`):
		return pathPattern{kind: pathBase, text: pattern}, nil
	case !strings.ContainsAny(first, `*?[\`):
		return pathPattern{kind: pathBaseSuffix, text: first}, nil
	case !strings.ContainsAny(last, `*?[\`):
		return pathPattern{kind: pathBasePrefix, text: last}, nil
	}
	return globPattern(pathBaseGlob, pattern), nil
}

func globPattern(kind pathPatternKind, pattern string) pathPattern {
	literal := pattern
	if end := strings.IndexAny(pattern, `*?[\`); end >= 0 {
		literal = pattern[:end]
	}
	return pathPattern{kind, pattern, literal}
}

// matches takes a path and its last component.
func (p *pathPattern) matches(name, base string) bool {
	switch p.kind {
	case pathBase:
		return base == p.text
	case pathBasePrefix:
		return strings.HasPrefix(base, p.text)
	case pathBaseSuffix:
		return strings.HasSuffix(base, p.text)
	case pathBaseGlob:
		return p.globs(base)
	case pathGlob:
		return p.globs(name)
	case pathBelow:
		return strings.HasPrefix(name, p.text)
	case pathBelowAny:
		if strings.HasPrefix(name, p.text) {
			return true
		}
		at := strings.Index(name, p.text)
		for at > 0 && name[at-1] != '/' {
			next := strings.Index(name[at+1:], p.text)
			if next < 0 {
				return false
			}
			at += 1 + next
		}
		return at > 0
	}
	return false
}

func (p *pathPattern) globs(name string) bool {
	if !strings.HasPrefix(name, p.literal) {
		return false
	}
	ok, _ := path.Match(p.text, name)
	return ok
}

func (r *pathRule) matches(name string) bool {
	base := ""
	if r.basePatterns {
		base = name[strings.LastIndexByte(name, '/')+1:]
	}
	return anyMatches(r.patterns, name, base) && !anyMatches(r.except, name, base)
}

func anyMatches(patterns []pathPattern, name, base string) bool {
	for i := range patterns {
		if patterns[i].matches(name, base) {
			return true
		}
	}
	return false
}

// evidence gives the first changed path that matches, if enough of them do.
func (r *pathRule) evidence(files []FileChange, share float64) (first string, ok bool) {
	matching, least := 0, share*float64(len(files))
	for i := range files {
		if float64(matching+len(files)-i) < least {
			return "", false // whatever the others are
		}
		if name := files[i].Path(); r.matches(name) {
			if matching == 0 {
				first = name
			}
			if matching++; share == 0 {
				break
			}
		}
	}
	return first, matching > 0 && float64(matching) >= least
}
