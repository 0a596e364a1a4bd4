package stage

import "strings"

// revertStatements finds the reverts and reapplies of a message. git writes
//
//	Revert "<subject>"
//
//	This reverts commit <hash>.
//
// and, for the revert of a revert, `Reapply "<subject>"` (`Revert "Revert …"`
// before git 2.43) over the same sentence. People write the sentence in other
// ways, list several commits, or revert in part. A subject that only contains
// the word says nothing.
func revertStatements(subject, body string) []statement {
	title, end, titled := revertTitle(subject)
	if !titled {
		return appendSentences(appendSentences(nil, subject, true), body, false)
	}
	// Some leave no empty line between the title and the sentence.
	stated := appendSentences(nil, strings.TrimLeft(subject[end:], " \n"), true)
	stated = appendSentences(stated, body, false)
	if len(stated) == 0 {
		stated = append(stated, title)
	} else if stated[0].Subject == "" {
		// The first hash is that of the commit whose subject the title quotes.
		stated[0].Subject, stated[0].cut = title.Subject, title.cut
		stated[0].Partial = stated[0].Partial || title.Partial
	}
	if original, ok := reapplied(title.Subject); ok {
		s := statement{cut: title.cut, text: title.text, inSubject: true}
		s.Kind, s.Subject = Reapplies, original
		stated = append(stated, s)
	}
	return stated
}

// revertTitle reads `Revert "…"` and `Reapply "…"`, alone or after the kernel's
// "area: " prefixes. What is reverted by a reapply is the revert, so that is
// what the statement names. The title ends at end.
func revertTitle(subject string) (title statement, end int, ok bool) {
	for _, verb := range []string{"evert \"", "eapply \""} {
		at := strings.Index(subject, verb)
		if at < 1 || subject[at-1]|0x20 != 'r' {
			continue
		}
		before := strings.TrimSpace(subject[:at-1])
		partial := false
		for _, word := range []string{"Partially", "partially", "Partly", "partly", "Partial", "partial"} {
			if rest, found := strings.CutSuffix(before, word); found {
				before, partial = strings.TrimSpace(rest), true
			}
		}
		if before != "" && !strings.HasSuffix(before, ":") && !strings.HasSuffix(before, "]") {
			continue
		}
		open := at + len(verb)
		quoted := subject[open:]
		// There may be more quotation marks in a sentence right below the title.
		mayEnd := quoted
		if sentence := strings.Index(quoted, "This reverts "); sentence > 0 && strings.HasSuffix(strings.TrimRight(quoted[:sentence], " \n"), `"`) {
			mayEnd = quoted[:sentence]
		}
		length := strings.LastIndexByte(mayEnd, '"')
		cut := length < 0
		if cut {
			title.text, end = strings.TrimSpace(subject[at-1:]), len(subject)
		} else {
			end = open + length + 1
			quoted, title.text = quoted[:length], subject[at-1:end]
		}
		title.Kind, title.inSubject, title.Partial = Reverts, true, partial
		title.Subject, title.cut = foldSubject(strings.ReplaceAll(quoted, `\"`, `"`))
		title.cut = title.cut || cut
		if title.Subject == "" {
			return statement{}, 0, false
		}
		if verb[0] == 'e' && verb[1] == 'a' {
			title.Subject = `Revert "` + title.Subject + `"`
		}
		return title, end, true
	}
	return statement{}, 0, false
}

// reapplied tells which commit is back in effect after the one with the
// subject is reverted. A revert changes the state of the commit inside its
// quotes once, a reapply twice; an even number of changes brings it back.
func reapplied(reverted string) (original string, ok bool) {
	changes := 1
	for {
		if inner, isRevert := strings.CutPrefix(reverted, `Revert "`); isRevert {
			reverted, changes = strings.TrimSuffix(inner, `"`), changes+1
		} else if inner, isReapply := strings.CutPrefix(reverted, `Reapply "`); isReapply {
			reverted, changes = strings.TrimSuffix(inner, `"`), changes+2
		} else {
			return reverted, changes%2 == 0 && reverted != ""
		}
	}
}

// appendSentences finds "This reverts commit <hash>" and its like.
func appendSentences(stated []statement, text string, inSubject bool) []statement {
	for at := 0; len(stated) < maxStatements; {
		found := strings.Index(text[at:], "evert")
		if found < 1 {
			if found < 0 {
				break
			}
			at++
			continue
		}
		verb := at + found - 1
		at = verb + len("revert")
		if text[verb]|0x20 != 'r' {
			continue
		}
		start, partial, ok := sentenceStart(text, verb, inSubject)
		if !ok {
			continue
		}
		c := refCursor{text, verb}
		if !c.word("reverts") && !c.word("revert") {
			continue
		}
		before := len(stated)
		stated = appendReverted(stated, &c, start, partial)
		for i := before; i < len(stated); i++ {
			stated[i].inSubject = inSubject
		}
		if c.i > at {
			at = c.i
		}
	}
	return stated
}

// sentenceStart goes back from the verb to the start of its sentence. It is
// the commit's own statement only where nothing but words like "This patch
// effectively" precedes the verb: not in "we could revert commit …", and not
// in a quotation or a list. git's own words begin one at the start of a line, even
// where the line before has no full stop.
func sentenceStart(text string, verb int, inSubject bool) (start int, partial, ok bool) {
	start = verb
	for at := verb; ; {
		if at > 0 && text[at-1] == '\n' && strings.HasPrefix(text[at:], "This reverts ") {
			return start, partial, true
		}
		for at > 0 && (text[at-1] == ' ' || text[at-1] == '\t' || text[at-1] == '\n' && !blankBefore(text, at-1)) {
			at--
		}
		if at == 0 || text[at-1] == '\n' {
			return start, partial, !isIndented(text, start)
		}
		switch text[at-1] {
		case '.', '!', '?', ';', '(', '[', ']':
			return start, partial, !isIndented(text, start)
		case ':':
			return start, partial, inSubject
		}
		end := at
		for at > 0 && (isWordByte(text[at-1]) || text[at-1] == '\'') {
			at--
		}
		word := text[at:end]
		switch {
		case isOneOf(word, partialWords):
			partial = true
		case !isOneOf(word, sentenceWords):
			return 0, false, false
		}
		start = at
	}
}

var (
	// sentenceWords may stand before "revert" or "reverts" in a sentence by
	// which a commit speaks of itself.
	sentenceWords = []string{"this", "the", "patch", "commit", "change", "also", "effectively", "essentially", "basically",
		"actually", "simply", "just", "so", "it", "let's", "lets", "cleanly", "manually", "completely", "fully", "thus", "therefore", "temporarily"}
	partialWords = []string{"partially", "partly", "mostly", "partial"}
	// fillerWords may stand between the verb and the hash; those of partOf make
	// the revert a partial one. "Linux" is not among them: what a commit reverts
	// of another project's history is no part of this one.
	fillerWords = []string{"the", "both", "patch", "merge", "following", "commits", "commit", "change", "changes", "made", "by", "in", "a", "of"}
	partOf      = []string{"part", "parts", "some", "most", "bits", "hunk"}
)

func isOneOf(word string, of []string) bool {
	for _, w := range of {
		if equalFoldASCII(word, w) {
			return true
		}
	}
	return false
}

// blankBefore tells whether the line break at the index ends an empty line, so
// that a new paragraph starts after it.
func blankBefore(text string, newline int) bool {
	for at := newline; at > 0; at-- {
		switch text[at-1] {
		case '\n':
			return true
		case ' ', '\t', '\r':
		default:
			return false
		}
	}
	return true
}

// isIndented tells whether the text at the index begins its line after more
// blanks than a commit's own words have.
func isIndented(text string, at int) bool {
	start := at
	for start > 0 && at-start <= maxIndent && text[start-1] == ' ' {
		start--
	}
	return at-start > maxIndent
}

// appendReverted takes the commits after the verb: one, an enumeration, or a
// list that a colon announces.
func appendReverted(stated []statement, c *refCursor, start int, partial bool) []statement {
	named := false
	for range maxFiller {
		c.space()
		word := c.words(fillerWords)
		switch {
		case word == "commit" || word == "commits":
			named = true
		case word != "":
		case c.words(partOf) != "":
			partial = true
		case c.any(`("`):
		case c.any(":"):
			return appendRevertList(stated, c, start, partial)
		default:
			hex := c.hex(minProseDigits)
			if hex == "" {
				return stated
			}
			return appendRevertedCommits(stated, c, hex, start, partial, named)
		}
	}
	return stated
}

// appendRevertedCommits takes the first hash and what is enumerated after it.
// An abbreviated hash that nothing calls a commit needs its subject to be
// believed.
func appendRevertedCommits(stated []statement, c *refCursor, hex string, start int, partial, named bool) []statement {
	for {
		s := statement{text: c.s[start:c.i]}
		s.Kind, s.Hex, s.Partial = Reverts, hex, partial
		next := *c
		if hex = next.listed(minProseDigits, true); hex == "" {
			s.Subject, s.cut = c.subject(false)
			next = *c
			hex = next.listed(minProseDigits, true)
		}
		if named || s.Subject != "" || len(s.Hex) >= 12 {
			stated = append(stated, s)
		}
		if hex == "" || len(stated) >= maxStatements {
			return stated
		}
		*c = next
		start = c.i - len(hex)
	}
}

// appendRevertList takes a list with one commit a line, up to the first line
// that is none.
func appendRevertList(stated []statement, c *refCursor, start int, partial bool) []statement {
	for len(stated) < maxStatements {
		next := *c
		next.space()
		next.space()
		for next.any("-*+ ") {
			next.blanks()
		}
		next.word("commit")
		next.blanks()
		hex := next.hex(minProseDigits)
		if hex == "" {
			return stated
		}
		*c = next
		s := statement{text: strings.TrimSpace(c.s[start:c.i])}
		s.Kind, s.Hex, s.Partial = Reverts, hex, partial
		s.Subject, s.cut = c.subject(true)
		stated = append(stated, s)
		for c.any(".,;)") {
		}
		start = c.i
	}
	return stated
}
