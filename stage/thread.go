package stage

import "bytes"

// eachThread calls f for every message of a numbered thread that the trailers Link:
// and Message-ID: of a commit's message name, with what the numbers of all messages of
// the thread stand between, or what follows the part that differs.
func eachThread(text []byte, f func(before, behind []byte)) {
	for line := range bytes.Lines(text) {
		if len(line) < len("Link:") || line[0]|0x20 != 'l' && line[0]|0x20 != 'm' {
			continue
		}
		key, value, _ := bytes.Cut(line, []byte(":"))
		if !bytes.EqualFold(key, []byte("Link")) && !bytes.EqualFold(key, []byte("Message-ID")) {
			continue
		}
		if before, behind, ok := cutThread(messageID(value)); ok {
			f(before, behind)
		}
	}
}

// messageID gives the ID of a message in a URL of an archive, or as mail has it.
func messageID(value []byte) []byte {
	value, _, _ = bytes.Cut(bytes.TrimSpace(value), []byte(" "))
	value = bytes.Trim(value, "<>/")
	id := value[bytes.LastIndexByte(value, '/')+1:]
	if bytes.IndexByte(id, '@') <= 0 {
		return nil
	}
	return id
}

// cutThread takes the number of the message, or the hash of the patch, out of its ID.
func cutThread(id []byte) (before, behind []byte, ok bool) {
	at := bytes.IndexByte(id, '@')
	if at < 0 {
		return nil, nil, false
	}
	// 0123…cdef.1704450000.git.me@example.org and cover.1704450000.git.me@example.org
	if name, rest, found := bytes.Cut(id[:at], []byte(".")); found {
		_, tail, _ := bytes.Cut(rest, []byte("."))
		hash := len(name) == 2*len(Hash{}) && len(trimSet(name, isHexDigit)) == 0 || string(name) == "cover"
		if hash && bytes.HasPrefix(tail, []byte("git.")) {
			return nil, id[len(name):], true
		}
	}
	// 20240105101112.3456-2-me@example.org
	if rest := trimSet(id, isDigit); len(id)-len(rest) == len("20240105101112") && len(rest) > 0 && rest[0] == '.' {
		rest = trimSet(rest[1:], isDigit)
		return cutNumberAt(id, len(id)-len(rest))
	}
	// 20240105-topic-v2-2-0123abcd@example.org
	if rest := trimSet(id, isDigit); len(id)-len(rest) == len("20240105") && len(rest) > 0 && rest[0] == '-' {
		last := bytes.LastIndexByte(id[:at], '-')
		if last < 0 || len(trimSet(id[last+1:at], isHexDigit)) > 0 {
			return nil, nil, false
		}
		if number := bytes.LastIndexByte(id[:last], '-'); number > 0 {
			return cutNumberAt(id, number)
		}
	}
	return nil, nil, false
}

// cutNumberAt takes a number out that stands behind a dash and before another.
func cutNumberAt(id []byte, at int) (before, behind []byte, ok bool) {
	if at >= len(id) || id[at] != '-' {
		return nil, nil, false
	}
	rest := trimSet(id[at+1:], isDigit)
	if len(rest) == len(id)-at-1 || len(rest) == 0 || rest[0] != '-' {
		return nil, nil, false
	}
	return id[:at], rest, true
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// trimSet gives the text behind its first bytes of a kind.
func trimSet(text []byte, is func(byte) bool) []byte {
	for len(text) > 0 && is(text[0]) {
		text = text[1:]
	}
	return text
}
