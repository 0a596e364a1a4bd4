package stage

// Example is one row of a training set. Every field is always written, with
// the same type: an absent text is "", an absent list is [].
type Example struct {
	// Instruction is the commit's subject, a blank line, and its body without
	// the trailers that name people.
	Instruction string `json:"instruction"`
	// Input is the code that the change touches, as it was before: the
	// enclosing functions of the hunks. Empty for new files.
	Input string `json:"input"`
	// Output is the patch.
	Output string `json:"output"`

	Repo       string        `json:"repo"`
	Commit     Hash          `json:"commit"` // 40 hexadecimal digits
	Date       string        `json:"date"`   // the author's date in UTC, RFC 3339
	Paths      []string      `json:"paths"`
	Subsystems []string      `json:"subsystems"`
	Tags       []string      `json:"tags"`
	Quality    float32       `json:"quality"`
	License    string        `json:"license"` // SPDX expression; "" where unknown
	Links      []ExampleLink `json:"links"`
	// Repaired tells that a text held bytes that are not UTF-8 and was
	// repaired on its way into this row.
	Repaired bool `json:"repaired"`
}

// ExampleLink is a link as a row holds it.
type ExampleLink struct {
	Kind   LinkKind `json:"kind"`
	Commit Hash     `json:"commit"`
}
