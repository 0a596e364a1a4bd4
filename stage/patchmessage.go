package stage

import "strings"

// setMessage sets the message and its parts as git's %s and %b divide them: the
// subject is the first paragraph on one line, the body all after it.
func (c *Commit) setMessage(message string) {
	c.Message = message
	text := strings.TrimLeft(message, "\n")
	subject, body := text, ""
	if end := strings.Index(text, "\n\n"); end >= 0 {
		subject, body = text[:end], strings.TrimLeft(text[end:], "\n")
	}
	c.Subject = strings.Join(strings.Split(strings.TrimRight(subject, "\n"), "\n"), " ")
	c.Body = body
}
