package stage

import "strings"

// References lists what a commit message says of other commits: the `Fixes:`
// lines, reverts, reapplies, backport markers and what `Cc: stable` lines
// require. Reverts come first, then the
// others in the order of the text. It reads a message as stored, in any
// encoding that contains ASCII, and takes a few nanoseconds per byte and no
// memory where there is nothing to find.
//
// The forms are those of the kernel's process documents (Fixes, stable
// backports) and of git's own messages (revert, cherry-pick -x), together with
// the variants that people type; a prose mention of another commit is not a
// reference. Nothing is resolved: [ChainLinker] does that.
func References(message string) []Reference {
	stated := statements(message)
	if len(stated) == 0 {
		return nil
	}
	references := make([]Reference, len(stated))
	for i := range stated {
		references[i] = stated[i].Reference
	}
	return references
}

// statement is a reference together with where the message makes it.
type statement struct {
	Reference
	// cut tells that the quoted subject is not there to its end, so that it
	// can be read but not compared.
	cut bool
	// text is the statement as it stands in the message, without the subject
	// that may follow it.
	text string
	// inSubject tells that the commit's own subject makes the statement.
	inSubject bool
}

// maxStatements bounds what one message can cost; the longest lists of real
// histories (reverts of a whole series) have a few dozen entries.
const maxStatements = 1000

// statements finds the references of a message, in the order of [References].
func statements(message string) []statement {
	var stated []statement
	subject := firstParagraph(message)
	// Of "revert" the v is what texts have few of, and what is found fastest.
	if strings.Contains(message, "vert") || strings.Contains(subject, "eapply ") {
		stated = revertStatements(subject, message[len(subject):])
	}
	for at := 0; at < len(message) && len(stated) < maxStatements; {
		end := strings.IndexByte(message[at:], '\n')
		if end < 0 {
			end = len(message)
		} else {
			end += at
		}
		start := at
		for start < end && start-at <= maxIndent && message[start] == ' ' {
			start++
		}
		if start < end && start-at <= maxIndent {
			switch message[start] {
			case 'F', 'f':
				stated = appendFixes(stated, message, start, end)
			case '(', '[', 'C', 'c', 'U', 'u', 'B', 'b':
				stated = appendBackport(stated, message, start, end)
				stated = appendRequired(stated, message, start, end)
			}
		}
		at = end + 1
	}
	return stated
}

// maxIndent is how far a line may be indented and still speak for its commit.
// Four blanks are how git quotes the message of another one.
const maxIndent = 3

// firstParagraph gives the message up to the first blank line after its
// subject: leading blank lines are part of it.
func firstParagraph(message string) string {
	started := false
	for at := 0; at < len(message); {
		end := strings.IndexByte(message[at:], '\n')
		if end < 0 {
			return message
		}
		if strings.TrimSpace(message[at:at+end]) != "" {
			started = true
		} else if started {
			return message[:at]
		}
		at += end + 1
	}
	return message
}
