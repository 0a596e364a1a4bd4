package unified

// AppendPath appends a path as git prints it in patches: after a prefix such as
// "a/", and the whole in double quotes, in the manner of C, if the path holds
// control characters, quotes, backslashes or bytes beyond ASCII (the manual's
// core.quotePath, which is on by default).
func AppendPath(dst []byte, prefix, path string) []byte {
	if !needsQuotes(path) {
		dst = append(dst, prefix...)
		return append(dst, path...)
	}
	dst = append(dst, '"')
	dst = append(dst, prefix...)
	for i := range len(path) {
		dst = appendQuoted(dst, path[i])
	}
	return append(dst, '"')
}

// odd are the bytes that put a path into quotes.
var odd = func() (odd [256]bool) {
	for c := range odd {
		odd[c] = c < ' ' || c == '"' || c == '\\' || c >= 0x7f
	}
	return odd
}()

func needsQuotes(path string) bool {
	for i := range len(path) {
		if odd[path[i]] {
			return true
		}
	}
	return false
}

func appendQuoted(dst []byte, c byte) []byte {
	switch c {
	case '\a':
		return append(dst, `\a`...)
	case '\b':
		return append(dst, `\b`...)
	case '\t':
		return append(dst, `\t`...)
	case '\n':
		return append(dst, `\n`...)
	case '\v':
		return append(dst, `\v`...)
	case '\f':
		return append(dst, `\f`...)
	case '\r':
		return append(dst, `\r`...)
	case '"', '\\':
		return append(dst, '\\', c)
	}
	if odd[c] {
		return append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
	}
	return append(dst, c)
}
