package stage

// Quality is how good an example a commit makes.
type Quality struct {
	// Score lies between 0 and 100.
	Score float32
	// Parts are what the score is made of, in the order of the scorer's rules.
	// Their sum, clamped to 0…100, is the score.
	Parts []ScorePart
}

// ScorePart is what one rule gave or took.
type ScorePart struct {
	Rule   string
	Points float32
}

// Tag is a label with the evidence for it.
type Tag struct {
	Name     string
	Evidence []Evidence
}

// Evidence tells why a label was set.
type Evidence struct {
	// Rule names the rule that matched.
	Rule string
	// Field is where it matched: "subject", "body", "trailer" or "path".
	Field string
	// Text is what matched, as it stands there.
	Text string
}

// HasTag reports whether the commit has the tag.
func (c *Commit) HasTag(name string) bool {
	for i := range c.Tags {
		if c.Tags[i].Name == name {
			return true
		}
	}
	return false
}
