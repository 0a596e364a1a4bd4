package stage

import "strings"

// minFixesDigits is the shortest abbreviation taken after `Fixes:`. The
// kernel's rule is 12 digits; 5 occur.
const minFixesDigits = 5

// minProseDigits is the shortest abbreviation taken elsewhere: what git itself
// abbreviates to.
const minProseDigits = 7

// appendFixes takes what a line that begins with an F says, if it is a Fixes
// line: the rule of the kernel's "Submitting patches" is
//
//	Fixes: 54a4f0239f2e ("KVM: MMU: make kvm_mmu_zap_page() return …")
//
// and found in practice are also "commit" before the hash, any case, one to
// four lines, other brackets and quotes or none, and a colon that was
// forgotten. A line with a colon and a value that names no commit gives a
// malformed reference.
func appendFixes(stated []statement, message string, start, end int) []statement {
	c := refCursor{message, start}
	if !c.word("fixes") {
		return stated
	}
	c.blanks()
	if !c.any(":") {
		return appendColonless(stated, c, start)
	}
	c.blanks()
	if c.word("fixes") {
		c.any(":")
		c.blanks()
	}
	if c.i >= end || c.rest()[0] == '\r' {
		return appendNextLine(stated, c, start)
	}
	value := strings.TrimSpace(message[c.i:end])
	if first, _, _ := strings.Cut(value, " "); strings.Contains(first, "://") {
		return append(stated, malformedFixes(message[start:end]))
	}
	for c.any("<([{'\"`") || c.word("commit") || c.word("commits") {
		c.any(":")
		c.blanks()
	}
	if c.i < end {
		if hex := c.hex(minFixesDigits); hex != "" {
			return appendFixed(stated, &c, hex, start, true)
		}
	}
	return appendHiddenFix(stated, message, start, end, value)
}

// appendFixed takes the subject after the first hash of a Fixes line, and the
// further commits that the same line may list.
func appendFixed(stated []statement, c *refCursor, hex string, start int, plain bool) []statement {
	for {
		s := statement{text: c.s[start:c.i]}
		s.Kind, s.Hex = Fixes, hex
		c.any(">")
		next := *c
		if hex = next.listed(minProseDigits, false); hex == "" {
			s.Subject, s.cut = c.subject(plain)
			next = *c
			hex = next.listed(minProseDigits, false)
		}
		stated = append(stated, s)
		if hex == "" || len(stated) >= maxStatements {
			return stated
		}
		*c = next
		start = c.i - len(hex)
	}
}

// appendColonless takes "Fixes <hex> ("subject")" without its colon, which
// only the quoted subject tells from prose.
func appendColonless(stated []statement, c refCursor, start int) []statement {
	c.any("'")
	c.word("commit")
	c.blanks()
	hex := c.hex(minProseDigits)
	if hex == "" {
		return stated
	}
	s := statement{text: c.s[start:c.i]}
	s.Kind, s.Hex = Fixes, hex
	c.any(":")
	c.space()
	if !strings.HasPrefix(c.rest(), `("`) {
		return stated
	}
	s.Subject, s.cut = c.subject(false)
	return append(stated, s)
}

// appendNextLine takes a hash from the line after a lone "Fixes:". Anything
// else there is prose.
func appendNextLine(stated []statement, c refCursor, start int) []statement {
	c.space()
	c.word("commit")
	c.blanks()
	if hex := c.hex(minProseDigits); hex != "" {
		return appendFixed(stated, &c, hex, start, true)
	}
	return stated
}

// appendHiddenFix takes a value that does not begin with its hash: one with
// words before it, or with a subject only.
func appendHiddenFix(stated []statement, message string, start, end int, value string) []statement {
	for i := end - len(value); i < end; i++ {
		if isWordByte(message[i]) && i > 0 && !isWordByte(message[i-1]) {
			c := refCursor{message, i}
			hex := c.hex(minProseDigits + 1)
			if hex == "" {
				continue
			}
			before := strings.TrimSpace(value[:i-(end-len(value))])
			after := strings.Trim(message[c.i:end], " \t\r\"').")
			if title, ok := strings.CutSuffix(before, `("`); ok && after == "" {
				s := statement{text: message[start:c.i]}
				s.Kind, s.Hex, s.Subject = Fixes, hex, strings.TrimSpace(title)
				return append(stated, s)
			}
			if strings.HasSuffix(before, "CID") {
				break
			}
			return appendFixed(stated, &c, hex, start, false)
		}
	}
	c := refCursor{message, end - len(value)}
	c.any("(")
	if c.any(`"`) {
		c.i--
		s := statement{text: strings.TrimSpace(message[start:end])}
		s.Kind = Fixes
		s.Subject, s.cut = c.subject(false)
		if s.Subject != "" {
			return append(stated, s)
		}
	}
	return append(stated, malformedFixes(message[start:end]))
}

func malformedFixes(line string) statement {
	s := statement{text: strings.TrimSpace(line)}
	s.Kind, s.Reason = Fixes, UnresolvedMalformed
	return s
}
