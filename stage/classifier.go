package stage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Classifier sets a commit's tags, each with the evidence for it: which rule
// matched where, and the text as it stands there. It looks where the evidence
// is: at the changed paths, the words of the subject, the trailers, and what
// the message says of other commits.
//
// The zero value has the built-in rules, [DefaultRules], which prefer
// precision: they leave a doubtful commit untagged. Process is safe for
// concurrent use; it takes a few microseconds per commit, and memory only for
// the tags it sets.
type Classifier struct {
	// CVEs is a list of vulnerabilities, such as a source.Vulns, or nil.
	CVEs CVEList

	rules *ruleSet
}

var _ Processor[*Commit, *Commit] = Classifier{}

// NewClassifier gives a classifier with other rules, usually the built-in ones
// with some left out and others added. The error names the rule that is wrong.
func NewClassifier(rules ...Rule) (Classifier, error) {
	set, err := compileRules(slices.Clone(rules))
	if err != nil {
		return Classifier{}, err
	}
	return Classifier{rules: set}, nil
}

var defaultRuleSet = sync.OnceValue(func() *ruleSet {
	set, err := compileRules(DefaultRules())
	if err != nil {
		panic(err) // a test compiles them
	}
	return set
})

// Configuration names what a checkpoint must not change under a run: the rules,
// by a digest.
func (c Classifier) Configuration() map[string]string {
	rules := c.rules
	if rules == nil {
		rules = defaultRuleSet()
	}
	settings := map[string]string{"rules": fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%+v", rules.rules)))}
	if list, ok := c.CVEs.(Configured); ok {
		maps.Copy(settings, list.Configuration())
	}
	return settings
}

// Process sets c.Tags, in the order of the rules, and c.CVEs if there is a list.
// It needs the subject, the body, the trailers and the changed paths.
func (k Classifier) Process(_ context.Context, c *Commit, emit func(*Commit)) error {
	set := k.rules
	if set == nil {
		set = defaultRuleSet()
	}
	if k.CVEs != nil {
		c.CVEs = k.CVEs.CVEs(c.Hash)
	}
	c.Tags = set.tags(c)
	emit(c)
	return nil
}

// TagNames lists the tags that the classifier can set, in the order of its
// rules.
func (k Classifier) TagNames() []string {
	set := k.rules
	if set == nil {
		set = defaultRuleSet()
	}
	var names []string
	for _, r := range set.rules {
		if !slices.Contains(names, r.Tag) {
			names = append(names, r.Tag)
		}
	}
	return names
}

// finding is evidence on its way to a tag.
type finding struct {
	rule int
	Evidence
}

// tags gathers all evidence and keeps the tags that have some of their own.
func (set *ruleSet) tags(c *Commit) []Tag {
	var (
		buffer [8]finding
		folds  [160]byte
		words  [32]wordSpan
	)
	found := buffer[:0]
	subject := readSubject(c.Subject, folds[:0], words[:0])
	found = set.findWords(found, &subject, c.Subject)
	found = set.findTrailers(found, &subject, c.Trailers)
	found = set.findPaths(found, &subject, c.Files)
	found = set.findReferences(found, &subject, c.Message)
	found = slices.DeleteFunc(found, func(f finding) bool { return set.deniedByBody(f.rule, c.Body) })
	found = set.findCVEs(found, c.CVEs)
	if len(found) == 0 {
		return nil
	}
	slices.SortStableFunc(found, func(a, b finding) int { return a.rule - b.rule })

	var tags []Tag
	for first := range found {
		name := set.rules[found[first].rule].Tag
		sameTag := func(f finding) bool { return set.rules[f.rule].Tag == name }
		if slices.ContainsFunc(found[:first], sameTag) {
			continue
		}
		sets := func(f finding) bool { return sameTag(f) && !set.rules[f.rule].Supports }
		if !slices.ContainsFunc(found[first:], sets) {
			continue
		}
		tag := Tag{Name: name}
		for _, f := range found[first:] {
			if !sameTag(f) {
				continue
			}
			tag.Evidence = append(tag.Evidence, f.Evidence)
			rule := &set.rules[f.rule]
			tag.Strength = max(tag.Strength, rule.Strength)
			if !rule.Supports {
				tag.Confidence = max(tag.Confidence, rule.Confidence)
			}
		}
		tags = append(tags, tag)
	}
	return tags
}

// subjectText is a commit's subject, cut into its area and what was done.
type subjectText struct {
	wordText
	areaEnd int // the number of words in the area
	summary int // where the text after the area begins
	quotes  bool
}

// maxAreaWords is how many words a part of the area may have: "ARM: dts: ",
// "Nokia RX-51: ". What is longer is a sentence with a colon in it.
const maxAreaWords = 3

func readSubject(subject string, folds []byte, words []wordSpan) subjectText {
	t := subjectText{wordText: readWords(subject, folds, words)}
	t.quotes = strings.HasPrefix(subject, "Merge ") || revertsAtStart(subject)
	t.cutArea()
	return t
}

// cutArea finds the end of the area.
func (t *subjectText) cutArea() {
	subject := t.text
	if strings.HasPrefix(subject, "[") {
		if end := strings.Index(subject, "] "); end > 0 {
			t.summary = end + 2
		}
	}
	words := 0
	for words < len(t.words) && t.words[words].start < t.summary {
		words++
	}
	t.areaEnd = words
	for {
		colon := strings.Index(subject[t.summary:], ": ")
		if colon < 0 {
			return
		}
		end := t.summary + colon
		words = t.areaEnd
		for words < len(t.words) && t.words[words].start < end {
			words++
		}
		if words-t.areaEnd > maxAreaWords || strings.IndexByte(subject[t.summary:end], '"') >= 0 {
			return
		}
		t.areaEnd, t.summary = words, end+2
	}
}

// revertsAtStart tells the subjects that quote the one they undo.
func revertsAtStart(subject string) bool {
	at := strings.Index(subject, `evert "`)
	return at >= 1 && (at == 1 || strings.HasSuffix(subject[:at-1], ": ") || strings.HasSuffix(subject[:at-1], " "))
}

// excluded tells whether a phrase of the rule's Unless stands in the subject.
func (set *ruleSet) excluded(rule int, t *subjectText) bool {
	return t.has(set.unless[rule], 0, len(t.words)) || t.has(set.unlessArea[rule], 0, t.areaEnd)
}

// deniedByBody tells whether a word of the rule's UnlessBody stands in the body.
func (set *ruleSet) deniedByBody(rule int, body string) bool {
	return slices.ContainsFunc(set.rules[rule].UnlessBody, func(word string) bool { return containsWord(body, word) })
}

// findWords takes the text of its evidence from subject, not from t, so that
// what t holds can stay off the heap.
func (set *ruleSet) findWords(found []finding, t *subjectText, subject string) []finding {
	if t.quotes {
		return found
	}
	for _, part := range []struct {
		index       phraseIndex
		first, last int
		text        string
	}{
		{set.area, 0, t.areaEnd, subject[:t.summary]},
		{set.subject, t.areaEnd, len(t.words), subject[t.summary:]},
	} {
		if len(part.index) == 0 {
			continue
		}
		t.find(part.index, part.first, part.last, func(p phrase, from, to int) {
			if !t.affirms(from, to) || set.excluded(p.rule, t) {
				return
			}
			text := subject[t.words[from].start:t.words[to-1].end]
			found = set.appendText(found, p.rule, "subject", text, part.text)
		})
	}
	return found
}

// maxEvidence is how much evidence one rule gives for one commit. More would
// not tell more, and a commit that reverts a long series has enough of it.
const maxEvidence = 16

// appendText adds evidence once; where the rule has a pattern, that decides
// and gives the text.
func (set *ruleSet) appendText(found []finding, rule int, field, text, whole string) []finding {
	if pattern := set.rules[rule].Pattern; pattern != nil {
		if text = pattern.FindString(whole); text == "" {
			return found
		}
	}
	of := 0
	for i := range found {
		if found[i].rule == rule {
			if of++; of == maxEvidence || found[i].Field == field && found[i].Text == text {
				return found
			}
		}
	}
	return append(found, finding{rule, Evidence{Rule: set.rules[rule].Name, Field: field, Text: text}})
}

func (set *ruleSet) findTrailers(found []finding, t *subjectText, trailers []Trailer) []finding {
	for i := range trailers {
		for r := range set.trailers {
			rule := &set.trailers[r]
			if rule.matches(&trailers[i]) && !set.excluded(rule.rule, t) {
				value := trailers[i].Value
				found = set.appendText(found, rule.rule, "trailer", trailers[i].Key+": "+value, value)
			}
		}
	}
	return found
}

func (set *ruleSet) findPaths(found []finding, t *subjectText, files []FileChange) []finding {
	for i := range set.paths {
		p := &set.paths[i]
		if first, ok := p.evidence(files, set.rules[p.rule].Share); ok && !set.excluded(p.rule, t) {
			found = set.appendText(found, p.rule, "path", first, "")
		}
	}
	return found
}

// findCVEs takes what the list of vulnerabilities says. A subject cannot take
// that away.
func (set *ruleSet) findCVEs(found []finding, cves []CVE) []finding {
	for i := range cves {
		for _, r := range set.cves {
			if cves[i].Role == r.role {
				found = set.appendText(found, r.rule, "cve", cves[i].ID, "")
			}
		}
	}
	return found
}

func (set *ruleSet) findReferences(found []finding, t *subjectText, message string) []finding {
	if len(set.references) == 0 {
		return found
	}
	for _, s := range statements(message) {
		for _, r := range set.references {
			if s.Kind != r.kind || set.excluded(r.rule, t) {
				continue
			}
			field := "body"
			if s.inSubject {
				field = "subject"
			}
			found = set.appendText(found, r.rule, field, s.text, "")
		}
	}
	return found
}
