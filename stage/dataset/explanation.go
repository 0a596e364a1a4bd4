package dataset

import (
	"regexp"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// explanation gives what a body says in prose: without people, without trailers,
// and without the lines that only name another commit.
func explanation(c *stage.Commit) string {
	lines := strings.Split(withoutPeople(c.Body), "\n")
	kept := lines[:0]
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if isTrailer(c, line) {
			for i+1 < len(lines) && lines[i+1] != "" && (lines[i+1][0] == ' ' || lines[i+1][0] == '\t') {
				i++ // folded
			}
			continue
		}
		if onlyNamesCommit.MatchString(line) {
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimSpace(emptyLines.ReplaceAllString(strings.Join(kept, "\n"), "\n\n"))
}

// message without trailers: what a model can know that has seen the patch alone.
func subjectAndExplanation(c *stage.Commit) string {
	if text := explanation(c); text != "" {
		return c.Subject + "\n\n" + text
	}
	return c.Subject
}

func isTrailer(c *stage.Commit, line string) bool {
	key, value, ok := strings.Cut(line, ":")
	if !ok || key == "" || strings.ContainsAny(key, " \t") {
		return false
	}
	value = strings.TrimSpace(value)
	for _, t := range c.Trailers {
		if t.Is(key) && strings.HasPrefix(t.Value, value) {
			return true
		}
	}
	// Not all stand in the last paragraph.
	switch strings.ToLower(key) {
	case "fixes", "link", "closes", "bug", "buglink", "bugzilla", "coverity", "addresses-coverity":
		return true
	}
	return false
}

var (
	emptyLines = regexp.MustCompile(`\n\s*\n(\s*\n)+`)
	// The marks of reverts and backports, and what tools leave.
	onlyNamesCommit = regexp.MustCompile(`(?i)^\s*[\[(]?(this reverts commit [0-9a-f]{7,40}\.?|commit [0-9a-f]{12,40} upstream\.?|upstream commit [0-9a-f]{12,40}|(cherry picked|backported) from (upstream )?commit [0-9a-f]{7,40}|u-boot[- ]commit:? [0-9a-f]{12,40})[\])]?\.?\s*$`)
)

// words counts the words of a text.
func words(text string) int { return len(strings.Fields(text)) }

// firstParagraphs gives so much of a text as has at most so many words, but one
// paragraph at least.
func firstParagraphs(text string, most int) string {
	paragraphs := strings.Split(text, "\n\n")
	n := 0
	for i, p := range paragraphs {
		if n += words(p); i > 0 && n > most {
			return strings.Join(paragraphs[:i], "\n\n")
		}
	}
	return text
}
