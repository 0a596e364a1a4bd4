package stage

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"strings"
)

const (
	maxParts = 1000
	maxDepth = 10
)

// mailContent is a mail's text, decoded: the message in UTF-8, and the patch in
// the bytes that it has.
type mailContent struct {
	message  strings.Builder
	patch    strings.Builder
	exact    bool // patch is the very end of the mail's text
	repaired []Repair

	parts   int
	inPatch bool
}

// readParts decodes the body and all text parts in it, which count as one text.
func readParts(header mailHeader, body string) *mailContent {
	m := new(mailContent)
	mediaType, _, err := mime.ParseMediaType(header.get("Content-Type"))
	m.exact = (err != nil || !strings.HasPrefix(mediaType, "multipart/")) && isIdentity(header)
	m.read(header, body, 0)
	return m
}

func isIdentity(header mailHeader) bool {
	switch strings.ToLower(header.get("Content-Transfer-Encoding")) {
	case "quoted-printable", "base64":
		return false
	}
	return true
}

func (m *mailContent) read(header mailHeader, body string, depth int) {
	mediaType, params, err := mime.ParseMediaType(header.get("Content-Type"))
	if err != nil {
		mediaType, params = "text/plain", nil
	}
	switch {
	case strings.HasPrefix(mediaType, "multipart/") && depth < maxDepth:
		m.readMultipart(body, params["boundary"], depth)
	case strings.HasPrefix(mediaType, "text/") && mediaType != "text/html":
		m.add(m.decode(header, body), params["charset"])
	}
}

func (m *mailContent) readMultipart(body, boundary string, depth int) {
	if boundary == "" {
		m.repair("multipart without a boundary: passed over")
		return
	}
	parts := multipart.NewReader(strings.NewReader(body), boundary)
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if m.parts++; err != nil || m.parts > maxParts {
			m.repair("multipart cut or malformed: read as far as it goes")
			return
		}
		text, err := io.ReadAll(part)
		if err != nil {
			m.repair("multipart cut or malformed: read as far as it goes")
		}
		var header mailHeader
		for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
			header = append(header, Header{Key: name, Value: part.Header.Get(name)})
		}
		m.read(header, string(text), depth+1)
	}
}

// decode undoes the transfer encoding; of a text that is cut or mixed with
// something else, as mailing lists' footers are, what can be decoded is kept.
func (m *mailContent) decode(header mailHeader, body string) string {
	encoding := strings.ToLower(header.get("Content-Transfer-Encoding"))
	var r io.Reader
	switch encoding {
	case "quoted-printable":
		r = quotedprintable.NewReader(strings.NewReader(body))
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, strings.NewReader(body))
	default:
		return body
	}
	text, err := io.ReadAll(r)
	if err != nil {
		m.repair(fmt.Sprintf("%s malformed: read as far as it goes", encoding))
	}
	return withoutCRLF(string(text))
}

// add takes in a part's text. The message ends where a patch begins, and all
// later parts belong to that.
func (m *mailContent) add(text, charset string) {
	if m.inPatch {
		m.patch.WriteString(text)
		return
	}
	split := patchStart(text)
	m.inPatch = split < len(text)
	m.patch.WriteString(text[split:])
	message, repair := NewCharset(charset).UTF8(text[:split])
	if repair != "" {
		m.repair(repair)
	}
	m.message.WriteString(message)
}

func (m *mailContent) repair(what string) {
	for _, known := range m.repaired {
		if known.What == what {
			return
		}
	}
	m.repaired = append(m.repaired, Repair{Field: "message", What: what})
}

// patchStart finds the first line that git-am(1) lets end a message: "---", or
// one that begins with "diff -" or "Index: ", or the "--- " of a bare diff.
func patchStart(text string) int {
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		if strings.HasPrefix(line, "diff -") || strings.HasPrefix(line, "Index: ") {
			return at
		}
		if rest, ok := strings.CutPrefix(line, "---"); ok {
			if strings.TrimSpace(rest) == "" || rest[0] == ' ' && rest[1] != ' ' {
				return at
			}
		}
		at += len(line) + 1
	}
	return len(text)
}

// charsetReader converts RFC 2047's words.
func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	converted, _ := NewCharset(charset).UTF8(string(text))
	return strings.NewReader(converted), nil
}
