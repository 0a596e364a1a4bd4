package stage

import (
	"fmt"
	"regexp"
	"slices"
)

// Rule says what is evidence for a tag. Rules are data: [DefaultRules] gives
// the built-in ones, and [NewClassifier] takes any list.
//
// A phrase is one or several words, matched whole and in any case: "leak" does
// not match "leaks", and nothing matches inside an identifier such as
// free_leaked_page. Between the words of a phrase the subject may have blanks
// or hyphens. A phrase does not count after "not", "no", "don't" and the like,
// nor where a single word is a function's or a file's name: "refactor()".
type Rule struct {
	// Tag is the label that the rule gives.
	Tag string
	// Name is what the evidence calls the rule; it tells the rules of a tag
	// apart.
	Name string
	// Field is where the rule looks, and with it what Any holds.
	Field RuleField
	// Any lists what the rule looks for; one match is enough.
	Any []string
	// Pattern, if set, is searched in the field's text where a phrase of Any
	// has matched, and has to match too; its match is then the evidence. It is
	// for InSubject, InArea and InTrailer.
	Pattern *regexp.Regexp
	// Unless lists phrases that take the evidence away wherever they stand in
	// the subject, its area included. A phrase that ends in a colon counts in
	// the area only.
	Unless []string
	// UnlessBody lists words that take the evidence away wherever they stand in
	// the message below the subject, trailers included. They match whole and in
	// any case.
	UnlessBody []string
	// Share is the least share of the changed files that must match, for
	// InPath: 1 means all of them, 0 that one is enough.
	Share float64
	// Supports marks evidence that strengthens a tag but does not set it.
	Supports bool
	// Strength is who vouches for the evidence; a tag has the highest of its
	// evidence.
	Strength Strength
	// Confidence is the share of the rule's hits, 0 to 1, with which a careful
	// reader agrees; 0 means not measured. A tag has the highest of the rules
	// that set it.
	Confidence float32
}

// RuleField is the part of a commit that a rule looks at.
type RuleField string

// The fields of a rule. A subject in the kernel's style, "area: subarea: what
// was done", has an area, which names the part of the project and is evidence
// of little else.
const (
	// InSubject: phrases in the subject after its area. Subjects of merges and
	// of reverts are not looked at: they quote what others have done.
	InSubject RuleField = "subject"
	// InArea: phrases in the subject's area.
	InArea RuleField = "area"
	// InTrailer: "Key: phrase", or "Key" alone for any value, or "*: phrase"
	// for any key. Keys and phrases match in any case.
	InTrailer RuleField = "trailer"
	// InPath: patterns of changed paths (new ones, or old ones of deleted
	// files). "dir/" is everything below that directory of the root, "**/dir/"
	// below any directory of that name; a pattern without a slash matches the
	// last component, any other the whole path, both as [path.Match] does. A
	// pattern after "!" takes paths out again.
	InPath RuleField = "path"
	// InReference: kinds of [Reference] that the message makes, by their
	// [LinkKind].
	InReference RuleField = "reference"
	// InCVE: what the list of vulnerabilities says of the commit, by the
	// [CVERole].
	InCVE RuleField = "cve"
)

// ruleSet is a list of rules, prepared for matching. It is read only.
type ruleSet struct {
	rules      []Rule
	unless     []*phraseIndex // by rule; nil where there is nothing to exclude
	unlessArea []*phraseIndex
	subject    phraseIndex
	area       phraseIndex
	trailers   []trailerRule
	paths      []pathRule
	references []referenceRule
	cves       []cveRule
}

type cveRule struct {
	rule int
	role CVERole
}

type referenceRule struct {
	rule int
	kind LinkKind
}

// compileRules checks the rules and prepares them.
func compileRules(rules []Rule) (*ruleSet, error) {
	set := &ruleSet{
		rules:      rules,
		unless:     make([]*phraseIndex, len(rules)),
		unlessArea: make([]*phraseIndex, len(rules)),
		subject:    phraseIndex{},
		area:       phraseIndex{},
	}
	seen := make(map[[2]string]bool, len(rules))
	for i := range rules {
		r := &rules[i]
		name := [2]string{r.Tag, r.Name}
		if seen[name] {
			return nil, fmt.Errorf("rule %q of tag %q: another rule has the same name", r.Name, r.Tag)
		}
		seen[name] = true
		if err := set.add(i, r); err != nil {
			return nil, fmt.Errorf("rule %q of tag %q: %w", r.Name, r.Tag, err)
		}
	}
	return set, nil
}

func (set *ruleSet) add(i int, r *Rule) error {
	switch {
	case r.Tag == "" || r.Name == "":
		return fmt.Errorf("needs a tag and a name")
	case len(r.Any) == 0:
		return fmt.Errorf("looks for nothing: Any is empty")
	case r.Share < 0 || r.Share > 1:
		return fmt.Errorf("a share of %g: it lies between 0 and 1", r.Share)
	case r.Share != 0 && r.Field != InPath:
		return fmt.Errorf("a share is for rules in field %q, not %q", InPath, r.Field)
	case r.Confidence < 0 || r.Confidence > 1:
		return fmt.Errorf("a confidence of %g: it lies between 0 and 1", r.Confidence)
	case r.Pattern != nil && (r.Field == InPath || r.Field == InReference || r.Field == InCVE):
		return fmt.Errorf("a pattern is not for rules in field %q", r.Field)
	}
	for _, what := range r.Any {
		if err := set.addMatch(i, r.Field, what); err != nil {
			return err
		}
	}
	if slices.Contains(r.UnlessBody, "") {
		return fmt.Errorf("an empty word in UnlessBody")
	}
	for _, phrase := range r.Unless {
		if err := set.addUnless(i, phrase); err != nil {
			return err
		}
	}
	return nil
}

func (set *ruleSet) addMatch(i int, field RuleField, what string) error {
	switch field {
	case InSubject:
		return set.subject.add(what, i)
	case InArea:
		return set.area.add(what, i)
	case InTrailer:
		rule, err := parseTrailerRule(what)
		rule.rule = i
		set.trailers = append(set.trailers, rule)
		return err
	case InPath:
		if n := len(set.paths); n == 0 || set.paths[n-1].rule != i {
			set.paths = append(set.paths, pathRule{rule: i})
		}
		return set.paths[len(set.paths)-1].add(what)
	case InReference:
		kind := LinkKind(what)
		switch kind {
		case Fixes, Reverts, Reapplies, BackportOf:
			set.references = append(set.references, referenceRule{i, kind})
			return nil
		}
		return fmt.Errorf("a message states no reference of kind %q", what)
	case InCVE:
		role := CVERole(what)
		if role != CVEFix && role != CVEIntroduces {
			return fmt.Errorf("no role of a commit is %q: want %q or %q", what, CVEFix, CVEIntroduces)
		}
		set.cves = append(set.cves, cveRule{i, role})
		return nil
	}
	return fmt.Errorf("unknown field %q", field)
}

func (set *ruleSet) addUnless(i int, phrase string) error {
	index := &set.unless[i]
	if n := len(phrase); n > 0 && phrase[n-1] == ':' {
		index, phrase = &set.unlessArea[i], phrase[:n-1]
	}
	if *index == nil {
		*index = &phraseIndex{}
	}
	return (*index).add(phrase, i)
}
