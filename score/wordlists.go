package score

import "slices"

var (
	defaultRationale = NewWords(rationaleWords...)
	defaultTrivial   = NewWords(trivialWords...)
)

// DefaultRationaleWords gives the words and phrases by which [Heuristic] finds
// that a body says why, as [NewWords] takes them: words of cause, of
// consequence and of purpose, in the forms that occur in messages. "since" does
// not count where it tells of a time.
func DefaultRationaleWords() []string { return slices.Clone(rationaleWords) }

var rationaleWords = []string{
	// cause
	"because", "due to", "owing to", "why",
	"reason", "reasons",
	"cause", "causes", "caused", "causing",
	"trigger", "triggers", "triggered", "triggering",
	"since",
	"!since #", "!since commit", "!since commits", "!since linux", "!since kernel", "!since version",
	"!since then", "!ever since", "!since day one", "!since the beginning",
	"!since the introduction", "!since its introduction", "!since the merge",
	// not causes, but interrupts and parts of drivers
	"!edge trigger", "!edge triggered", "!level trigger", "!level triggered", "!trigger type", "!trigger handler",
	// consequence
	"as a result", "therefore", "hence", "thus", "otherwise",
	"lead to", "leads to", "led to", "leading to",
	"result in", "results in", "resulted in", "resulting in",
	// purpose
	"in order to", "so that",
	"resolve", "resolves", "resolved", "resolving",
}

// DefaultTrivialWords gives the words and phrases by which [Heuristic] finds
// that a subject announces a trivial change, as [NewWords] takes them: typo,
// whitespace, formatting, cleanup, unused, indent and style, in their forms and
// spellings.
func DefaultTrivialWords() []string { return slices.Clone(trivialWords) }

var trivialWords = []string{
	"typo", "typos",
	"whitespace", "whitespaces", "white space", "white spaces",
	"formatting",
	"cleanup", "cleanups", "clean up", "clean ups", "cleans up", "cleaned up", "cleaning up",
	"unused",
	"indent", "indents", "indented", "indenting", "indentation", "reindent", "re indent",
	"style", "styles",
	// interfaces, not looks
	"!new style", "!old style",
	// code that cleans up, and is no cleanup itself
	"!cleanup path", "!cleanup paths", "!cleanup handler", "!cleanup function", "!cleanup action",
}
