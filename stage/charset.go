package stage

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// Charset turns texts of one character set into UTF-8, as commits and mails
// declare it. The zero value is UTF-8. A Charset is safe for concurrent use.
type Charset struct {
	// name is the character set as it was declared, "" for UTF-8.
	name string
	// from is nil for UTF-8 and for character sets that are not known.
	from encoding.Encoding
	// shifts tells that bytes below 0x80 need not be ASCII, as in ISO-2022-JP.
	shifts bool
}

// NewCharset gives the character set that has the name in iconv or in the
// registries of IANA and WHATWG, in any case and in the spellings that occur in
// commits. "" means UTF-8. A name that is not known is reported by
// [Charset.UTF8], where there is a text that it matters for.
func NewCharset(name string) Charset {
	if isUTF8Name(name) {
		return Charset{}
	}
	from := lookUpCharset(name)
	return Charset{name: name, from: from, shifts: from != nil && shifts(name)}
}

// UTF8 gives a text in UTF-8. repair is "" if the text is what the character set
// says, and else tells what it was read as, for a [Repair]: UTF-8 if it is valid as
// that, or else UTF-8 with every byte that is not part of a character taken for
// Latin-1.
func (c Charset) UTF8(text string) (converted, repair string) {
	if c.from != nil && (c.shifts || !isASCII(text)) {
		if converted, ok := decodeWhole(c.from, text); ok {
			return converted, ""
		}
	}
	valid := utf8.ValidString(text)
	switch {
	case valid && (c.name == "" || isASCII(text)):
		return text, ""
	case valid:
		return text, fmt.Sprintf("%s: read as UTF-8", c.problem())
	case c.name == "":
		return latin1WhereInvalid(text), "not UTF-8: read as Latin-1"
	default:
		return latin1WhereInvalid(text), fmt.Sprintf("%s, and not UTF-8: read as Latin-1", c.problem())
	}
}

func (c Charset) problem() string {
	if c.from == nil {
		return fmt.Sprintf("encoding %.40q is unknown", c.name)
	}
	return fmt.Sprintf("not %s", c.name)
}

// decodeWhole decodes s if all of it is in the encoding. Decoders put U+FFFD
// for what is not; that GB18030 can write that character itself is no loss, it
// stands for a broken one there too.
func decodeWhole(from encoding.Encoding, s string) (string, bool) {
	decoded, err := from.NewDecoder().String(s)
	return decoded, err == nil && !strings.ContainsRune(decoded, utf8.RuneError)
}

// latin1Share is how many characters there are to one that takes a byte more in
// UTF-8, at least in most texts that hold some: these are names and comments.
const latin1Share = 64

// latin1WhereInvalid keeps the valid UTF-8 in s and reads the bytes between as
// Latin-1, since messages of several people mix the two, and so does a patch that
// converts a file from one to the other.
func latin1WhereInvalid(s string) string {
	var repaired strings.Builder
	repaired.Grow(len(s) + len(s)/latin1Share)
	for s != "" {
		ascii := 0 // most of it
		for ascii < len(s) && s[ascii] < utf8.RuneSelf {
			ascii++
		}
		repaired.WriteString(s[:ascii])
		if s = s[ascii:]; s == "" {
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			repaired.WriteRune(rune(s[0]))
		} else {
			repaired.WriteString(s[:size])
		}
		s = s[size:]
	}
	return repaired.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isUTF8Name knows the two spellings that git knows.
func isUTF8Name(name string) bool {
	return name == "" || strings.EqualFold(name, "UTF-8") || strings.EqualFold(name, "UTF8")
}

// shifts reports whether an encoding gives bytes below 0x80 a meaning other
// than ASCII's after an escape sequence.
func shifts(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "iso-2022") || strings.HasPrefix(name, "hz")
}

// lookUpCharset finds an encoding by the names that iconv and the registries of IANA
// and WHATWG have for it; nil if it is not known, or is none in which ASCII
// text reads as itself (UTF-16 and kin), for a commit cannot be written so.
func lookUpCharset(name string) encoding.Encoding {
	name = canonicalName(name)
	from, err := ianaindex.IANA.Encoding(name)
	if err != nil || from == nil {
		// The registry of WHATWG comes second, for it takes Latin-1 for
		// Windows-1252.
		from, err = htmlindex.Get(name)
	}
	if err != nil || from == nil || !keepsASCII(from) {
		return nil
	}
	return from
}

func keepsASCII(from encoding.Encoding) bool {
	const sample = "tree <a@b.c> 1 +0\n"
	decoded, err := from.NewDecoder().String(sample)
	return err == nil && decoded == sample
}

// iconvNames maps names that iconv takes, and the registries do not, to names
// that they do.
var iconvNames = map[string]string{
	"8859-1":  "iso-8859-1",
	"ascii":   "us-ascii", // Windows-1252 to WHATWG
	"cp932":   "shift_jis",
	"cp936":   "gbk",
	"cp949":   "euc-kr",
	"cp950":   "big5",
	"euc-cn":  "gb2312",
	"euccn":   "gb2312",
	"eucjp":   "euc-jp",
	"euckr":   "euc-kr",
	"hz":      "hz-gb-2312",
	"koi8r":   "koi8-r",
	"koi8u":   "koi8-u",
	"latin-9": "iso-8859-15",
	"latin9":  "iso-8859-15",
	"sjis":    "shift_jis",
	"ujis":    "euc-jp",
}

// canonicalName turns the spellings that occur in commits into ones that the
// registries know: "ISO8859-1", "ISO88591" and "latin-1" are iso-8859-1.
func canonicalName(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	hyphened := strings.ReplaceAll(name, "_", "-")
	if known, found := iconvNames[hyphened]; found {
		return known
	}
	if part, found := strings.CutPrefix(hyphened, "iso8859"); found && part != "" {
		return "iso-8859-" + strings.TrimPrefix(part, "-")
	}
	if part, found := strings.CutPrefix(hyphened, "latin"); found {
		return "latin" + strings.TrimPrefix(part, "-")
	}
	if part, found := strings.CutPrefix(hyphened, "cp125"); found {
		return "windows-125" + part
	}
	return name
}
