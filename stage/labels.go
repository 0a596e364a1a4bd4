package stage

// Quality is how good an example a commit makes, or how good its author.
type Quality struct {
	// Score lies between 0 and 100.
	Score float32 `json:"score"`
	// Parts are what the score is made of, in the order of the scorer's rules.
	// Their sum, clamped to 0…100, is the score.
	Parts []ScorePart `json:"parts"`
}

// ScorePart is what one rule gave or took.
type ScorePart struct {
	Rule   string  `json:"rule"`
	Points float32 `json:"points"`
}

// Tag is a label with the evidence for it.
type Tag struct {
	Name string `json:"name"`
	// Strength is that of the strongest evidence: who vouches for the tag.
	Strength Strength `json:"strength"`
	// Confidence is the share of commits, 0 to 1, for which a careful reader
	// would agree with the tag, as measured for the best of the rules that set
	// it; 0 means not measured.
	Confidence float32    `json:"confidence"`
	Evidence   []Evidence `json:"evidence"`
}

// Evidence tells why a label was set.
type Evidence struct {
	// Rule names the rule that matched.
	Rule string `json:"rule"`
	// Field is where it matched: "subject", "body", "trailer" or "path".
	Field string `json:"field"`
	// Text is what matched, as it stands there.
	Text string `json:"text"`
}

// HasTag reports whether the commit has the tag.
func (c *Commit) HasTag(name string) bool {
	return c.HasTagOf(name, StrengthKeyword)
}

// HasTagOf reports whether the commit has the tag with at least that strength.
func (c *Commit) HasTagOf(name string, least Strength) bool {
	for i := range c.Tags {
		if c.Tags[i].Name == name {
			return c.Tags[i].Strength >= least
		}
	}
	return false
}
