package stage

import "strings"

// StableRequest is a wish, stated by a `Cc: stable` line, about the stable
// trees: to take the commit, or to leave it alone.
//
//	Cc: <stable@vger.kernel.org> # 3.3.x: a1f84a3: sched: Check for idle
//	Cc: <stable+noautosel@kernel.org> # reason
//
// The form is that of the kernel's "stable-kernel-rules"; the line may stand
// anywhere in the message. The prerequisites that a line names are links of the
// kind [Requires].
type StableRequest struct {
	// Versions are the trees meant, as written: "3.3.x", "5.10+". The kernel's
	// rule reads the first as "from this version on". None means all that the
	// error is in.
	Versions []string `json:"versions"`
	// NoAutosel tells that the line names stable+noautosel@kernel.org: scripts
	// are not to pick the commit.
	NoAutosel bool `json:"no_autosel"`
	// Note is what the line says after the address, without the "#", whole.
	Note string `json:"note"`
}

// stableRequests finds the requests of a message, each once.
func stableRequests(message string) []StableRequest {
	if !strings.Contains(message, "stable") {
		return nil
	}
	var requests []StableRequest
	for line := range strings.Lines(message) {
		if len(requests) == maxStatements {
			break
		}
		if note, noAutosel, ok := stableLine(line); ok {
			requests = append(requests, StableRequest{Versions: stableVersions(note), NoAutosel: noAutosel, Note: note})
		}
	}
	return requests
}

// stableLine tells whether a line is "Cc:" with an address of the stable trees,
// and gives what follows it.
func stableLine(line string) (note string, noAutosel, ok bool) {
	c := refCursor{line, 0}
	c.blanks()
	if !c.word("cc") {
		return "", false, false
	}
	c.blanks()
	if !c.any(":") {
		return "", false, false
	}
	value := c.rest()
	at := strings.Index(value, "stable")
	for at > 0 && isWordByte(value[at-1]) {
		next := strings.Index(value[at+1:], "stable")
		if next < 0 {
			return "", false, false
		}
		at += 1 + next
	}
	if at < 0 || strings.Contains(value[:at], "#") {
		return "", false, false
	}
	rest := value[at+len("stable"):]
	rest, noAutosel = strings.CutPrefix(rest, "+noautosel")
	domain, found := strings.CutPrefix(rest, "@")
	if !found {
		return "", false, false
	}
	for _, host := range []string{"vger.kernel.org", "kernel.org"} {
		if after, found := strings.CutPrefix(domain, host); found {
			note = strings.Trim(after, "> \t\r\n,;")
			note = strings.TrimSpace(strings.TrimLeft(note, "#"))
			return note, noAutosel, true
		}
	}
	return "", false, false
}

// stableVersions finds the versions at the beginning of a note.
func stableVersions(note string) []string {
	var versions []string
	comparison := ""
	for _, word := range strings.FieldsFunc(note, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == '&' }) {
		last := strings.HasSuffix(word, ":")
		word = strings.Trim(word, "[]():;.#")
		switch {
		case word == ">=" || word == "<=" || word == ">" || word == "<":
			comparison = word
			continue
		case isVersion(word):
			versions = append(versions, comparison+word)
		case word == "and" || word == "to" || word == "-" || word == "":
		default:
			last = true
		}
		comparison = ""
		if last {
			break
		}
	}
	return versions
}

// isVersion tells words such as "5.10", "v4.19+", ">=5.4", "3.2.x", "3.2-3.10".
func isVersion(word string) bool {
	word = strings.TrimLeft(word, "<>=~")
	word = strings.TrimPrefix(word, "v")
	word, _, _ = strings.Cut(word, "-")
	word = strings.TrimRight(word, "+")
	major, minor, found := strings.Cut(word, ".")
	if !found || major == "" || minor == "" {
		return false
	}
	for _, part := range []string{major, minor} {
		for i := range len(part) {
			if c := part[i]; (c < '0' || c > '9') && c != '.' && c != 'x' && c != 'y' {
				return false
			}
		}
	}
	return major[0] != 'x'
}

// appendRequired takes the prerequisite that a `Cc: stable` line names: a hash
// after the version, and perhaps the subject.
func appendRequired(stated []statement, message string, start, end int) []statement {
	line := message[start:end]
	note, _, ok := stableLine(line)
	if !ok || !strings.Contains(note, ":") {
		return stated
	}
	version, rest, _ := strings.Cut(note, ":")
	if !isVersion(strings.TrimSpace(version)) {
		return stated
	}
	c := refCursor{rest, 0}
	c.blanks()
	c.word("commit")
	c.blanks()
	hex := c.hex(minProseDigits)
	if hex == "" {
		return stated
	}
	s := statement{text: strings.TrimSpace(line)}
	s.Kind, s.Hex = Requires, hex
	s.Subject, s.cut = c.subject(true)
	return append(stated, s)
}
