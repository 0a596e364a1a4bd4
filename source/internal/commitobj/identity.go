package commitobj

import (
	"math"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// whitespace is what git takes for white space in objects.
const whitespace = " \t\r\n"

// readSignature reads an author or committer line, as git log does where git
// log prints something: the name goes up to the first '<', the mail from there
// to the first '>', the time follows the last '>'. Of lines in which git finds
// nobody it takes what there is.
func readSignature(c *stage.Commit, field string, line header, charset stage.Charset) stage.Signature {
	if !line.found {
		record(c, field, "no such header")
		return stage.Signature{}
	}
	at := timeStart(line.value)
	name, mail, repair := splitPerson(line.value[:at])
	record(c, field, repair)
	when, repair := readTime(line.value[at:])
	record(c, field, repair)

	s := stage.Signature{Seconds: when.seconds, Zone: when.zone}
	s.Name, repair = charset.UTF8(name)
	record(c, field, repair)
	var mailRepair string
	s.Mail, mailRepair = charset.UTF8(mail)
	if mailRepair != repair {
		record(c, field, mailRepair)
	}
	return s
}

// splitPerson reads "name <mail>".
func splitPerson(person string) (name, mail, repair string) {
	name, mail, found := strings.Cut(person, "<")
	if !found {
		return strings.Trim(person, whitespace), "", "no mail address"
	}
	name = strings.TrimRight(name, whitespace)
	mail, _, found = strings.Cut(mail, ">")
	if !found {
		return name, strings.Trim(mail, whitespace), "the mail address has no end"
	}
	return name, mail, ""
}

// text is what the light and the full reading of a commit have in common.
type text interface{ ~string | ~[]byte }

// timeStart finds where the time begins in an author or committer line: after
// the last '>'. In a line without a mail address it is the number near the end.
func timeStart[T text](line T) int {
	opened, end := false, -1
	for i := range len(line) {
		switch line[i] {
		case '<':
			opened = true
		case '>':
			if opened {
				end = i + 1
			}
		}
	}
	if end >= 0 {
		return end
	}
	last := lastField(line)
	if isZone(line[last:]) {
		last = lastField(line[:last])
	}
	if isNumber(line[last:]) {
		return last
	}
	return len(line)
}

// lastField finds where the last field begins of those separated by spaces.
func lastField[T text](line T) int {
	i := len(line)
	for i > 0 && line[i-1] == ' ' {
		i--
	}
	for i > 0 && line[i-1] != ' ' {
		i--
	}
	return i
}

// isZone reports whether a field is a sign and digits; isNumber reports whether
// it is digits.
func isZone[T text](field T) bool {
	return len(field) > 1 && (field[0] == '+' || field[0] == '-') && isNumber(field[1:])
}

func isNumber[T text](field T) bool { return len(field) > 0 && '0' <= field[0] && field[0] <= '9' }

// moment is a time and its zone, as in [stage.Signature].
type moment struct {
	seconds int64
	zone    int32
}

// readTime reads "<seconds> <zone>". What cannot be read is 0, and repair says
// why; without a time the zone is 0 too, as in git. A negative number of seconds is a time before 1970: git writes none, but
// other tools do, and git log prints no date for it.
func readTime[T text](s T) (when moment, repair string) {
	s = skipSpace(s)
	if len(s) == 0 {
		return moment{}, "no time: read as 1970"
	}
	negative := s[0] == '-'
	if negative {
		s = s[1:]
	}
	seconds, digits, fits := leadingNumber(s, math.MaxInt64)
	s = s[digits:]
	switch {
	case digits == 0 || len(s) > 0 && !endsNumber(s[0]):
		return moment{}, "the time is not a number: read as 1970"
	case !fits:
		return moment{}, "the time is out of range: read as 1970"
	case negative:
		seconds = -seconds
	}
	when.seconds = seconds

	s = skipSpace(s)
	if !isZone(s) {
		return when, "no time zone: read as UTC"
	}
	zone, _, fits := leadingNumber(s[1:], math.MaxInt32-1)
	if !fits {
		return when, "the time zone is out of range: read as UTC"
	}
	if s[0] == '-' {
		zone = -zone
	}
	when.zone = int32(zone)
	return when, ""
}

// endsNumber tells which bytes may follow the seconds: the zone is sometimes
// written without a space before it.
func endsNumber(c byte) bool { return strings.IndexByte(whitespace+"+-", c) >= 0 }

// leadingNumber reads the digits at the start of s; the number is 0 if it is
// larger than limit.
func leadingNumber[T text](s T, limit int64) (number int64, digits int, fits bool) {
	fits = true
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		digit := int64(s[digits] - '0')
		if number > (limit-digit)/10 {
			fits = false
		}
		if fits {
			number = number*10 + digit
		}
		digits++
	}
	if !fits {
		number = 0
	}
	return number, digits, fits
}

func skipSpace[T text](s T) T {
	for len(s) > 0 && strings.IndexByte(whitespace, s[0]) >= 0 {
		s = s[1:]
	}
	return s
}
