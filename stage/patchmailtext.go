package stage

import (
	"mime"
	"net/mail"
	"strings"
)

// A mail that carries a patch is read as git-am(1) and git-mailinfo(1) document:
// the subject and the body make the message, up to a line "---" or one that
// begins a diff; "From:", "Date:" and "Subject:" at the body's start overrule the
// header's.

// readMail takes in a mail's text. A mail whose header lines end in CRLF has had
// its lines ended so on the way, and loses it everywhere; in another one,
// carriage returns are the patch's own.
func (c *PatchCommit) readMail(text string, options PatchOptions) error {
	text = withoutCRLF(text)
	header, body := cutHeader(text)
	c.Mail = &Mail{
		MessageID:  firstID(header.get("Message-ID")),
		InReplyTo:  firstID(header.get("In-Reply-To")),
		References: messageIDs(header.get("References")),
	}
	subject := c.headerText(header.get("Subject"))
	c.setAuthor(c.headerText(header.get("From")), header.get("From"))
	if date := header.get("Date"); date != "" {
		c.setDate(&c.Author, "author", date)
	}

	content := readParts(header, body)
	c.Repaired = append(c.Repaired, content.repaired...)
	message := c.inBodyHeader(content.message.String(), &subject)
	subject = c.Mail.readSubject(subject)
	if message = strings.Trim(message, "\n"); message != "" {
		message = "\n" + message + "\n"
	}
	c.SetMessage(subject + "\n" + message)

	patch := content.patch.String()
	p := &patchParser{
		patchLines: newPatchLines(strings.NewReader(patch), options.MaxFile),
		maxFile:    options.MaxFile,
		room:       options.MaxCommit,
	}
	if content.exact {
		p.number = c.Line + strings.Count(text[:len(text)-len(patch)], "\n")
	}
	return p.files(c, func() bool { return false })
}

func withoutCRLF(text string) string {
	if i := strings.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		return strings.ReplaceAll(text, "\r\n", "\n")
	}
	return text
}

// mailHeader holds the fields of a mail or a part of one, unfolded, in order.
type mailHeader []Header

// get gives the value of the first field with the name, in any case.
func (h mailHeader) get(name string) string {
	for _, field := range h {
		if equalFoldASCII(field.Key, name) {
			return field.Value
		}
	}
	return ""
}

// cutHeader reads the header fields up to the empty line, and passes over lines
// that are none, as old archives have them.
func cutHeader(text string) (header mailHeader, body string) {
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			break
		}
		if last := len(header) - 1; last >= 0 && (line[0] == ' ' || line[0] == '\t') {
			header[last].Value += " " + strings.TrimSpace(line)
			continue
		}
		if isHeaderField([]byte(line)) {
			key, value, _ := strings.Cut(line, ":")
			header = append(header, Header{Key: key, Value: strings.TrimSpace(value)})
		}
	}
	return header, text
}

// isHeaderField reports whether the line begins with a field name and a colon, as
// RFC 5322 2.2 defines them.
func isHeaderField(line []byte) bool {
	for i, c := range line {
		if c == ':' {
			return i > 0
		}
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return false
}

// headerText decodes RFC 2047's encoded words.
func (c *PatchCommit) headerText(value string) string {
	text, repair := Charset{}.UTF8(value)
	if repair != "" {
		c.Repaired = append(c.Repaired, Repair{Field: "message", What: "mail header " + repair})
	}
	if decoded, err := wordDecoder.DecodeHeader(text); err == nil {
		return decoded
	}
	return text
}

var wordDecoder = &mime.WordDecoder{CharsetReader: charsetReader}

// setAuthor reads an address. Names are decoded after the address is taken apart,
// so that an encoded comma or bracket stays one; decoded is for addresses that do
// not parse.
func (c *PatchCommit) setAuthor(decoded, value string) {
	parser := mail.AddressParser{WordDecoder: wordDecoder}
	if address, err := parser.Parse(value); err == nil {
		c.Author.Name, c.Author.Mail = address.Name, address.Address
	} else {
		s := signature(decoded, Signature{})
		c.Author.Name, c.Author.Mail = strings.Trim(s.Name, `" `), strings.TrimSpace(s.Mail)
	}
	if c.Author.Name == "" {
		c.Author.Name = c.Author.Mail
	}
}

// inBodyHeader takes the header fields off the start of a body which a sender put
// there for the patch's real author.
func (c *PatchCommit) inBodyHeader(body string, subject *string) string {
	rest := strings.TrimLeft(body, "\n")
	found := false
	for {
		line, after, _ := strings.Cut(rest, "\n")
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case equalFoldASCII(key, "From") && strings.Contains(value, "@"):
			c.setAuthor(c.headerText(value), value)
		case equalFoldASCII(key, "Subject") && value != "":
			*subject = c.headerText(value)
		case equalFoldASCII(key, "Date") && value != "":
			c.setDate(&c.Author, "author", value)
		case found && line == "":
			return after
		default:
			return rest
		}
		found = true
		rest = after
	}
}

func messageIDs(value string) (ids []string) {
	for {
		_, rest, ok := strings.Cut(value, "<")
		if !ok {
			return ids
		}
		id, rest, ok := strings.Cut(rest, ">")
		if !ok {
			return ids
		}
		ids = append(ids, strings.TrimSpace(id))
		value = rest
	}
}

func firstID(value string) string {
	if ids := messageIDs(value); len(ids) > 0 {
		return ids[0]
	}
	return ""
}
