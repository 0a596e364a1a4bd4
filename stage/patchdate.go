package stage

import (
	"strconv"
	"strings"
	"time"
)

// The forms of --date in git-log(1) and of a mail's Date, without their zones.
var dateLayouts = []string{
	"Mon Jan 2 15:04:05 2006",   // default
	"Mon, 2 Jan 2006 15:04:05",  // rfc
	"2006-01-02 15:04:05",       // iso
	"2006-01-02T15:04:05",       // iso-strict
	"2006-01-02",                // short
	"2 Jan 2006 15:04:05",       // RFC 5322 without the day of the week
	"Mon, 2 Jan 2006 15:04",     // … or the seconds
	"2 Jan 2006 15:04",          //
	"Mon, 2 Jan 06 15:04:05",    // RFC 822
	"2 Jan 06 15:04:05",         //
	"Monday, 2-Jan-06 15:04:05", // RFC 850
}

// RFC 5322 4.3 gives the names of zones that old mail programs wrote.
var zoneNames = map[string]int32{
	"Z": 0, "UT": 0, "UTC": 0, "GMT": 0,
	"EST": -500, "EDT": -400, "CST": -600, "CDT": -500,
	"MST": -700, "MDT": -600, "PST": -800, "PDT": -700,
}

// parseDate reads a date as git or a mail program writes it. The zone is 0 where
// the text gives none.
func parseDate(s string) (seconds int64, zone int32, ok bool) {
	if len(s) > 100 {
		return 0, 0, false
	}
	s, _, _ = strings.Cut(s, " (") // a comment such as "(CEST)"
	s = strings.Join(strings.Fields(s), " ")
	local, zone := cutZone(s)
	if seconds, err := strconv.ParseInt(strings.TrimPrefix(local, "@"), 10, 64); err == nil {
		return seconds, zone, true // --date=raw and unix: already in UTC
	}
	for _, layout := range dateLayouts {
		t, err := time.Parse(layout, local)
		if err == nil {
			offset := Signature{Zone: zone}.Offset()
			return t.Unix() - int64(offset/time.Second), zone, true
		}
	}
	return 0, 0, false
}

// cutZone takes the zone off the end of a date: " +hhmm", " NAME", or as
// iso-strict has it "+hh:mm" or "Z".
func cutZone(s string) (local string, zone int32) {
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		if zone, ok := parseZone(s[i+1:]); ok {
			return s[:i], zone
		}
		return s, 0
	}
	if strings.HasSuffix(s, "Z") {
		return s[:len(s)-1], 0
	}
	if i := strings.LastIndexAny(s, "+-"); i > len("2006-01-02") {
		if zone, ok := parseZone(strings.Replace(s[i:], ":", "", 1)); ok {
			return s[:i], zone
		}
	}
	return s, 0
}

func parseZone(s string) (zone int32, ok bool) {
	if zone, ok := zoneNames[s]; ok {
		return zone, true
	}
	if len(s) < 4 || len(s) > 7 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	n, err := strconv.ParseInt(s[1:], 10, 32)
	if err != nil || n < 0 || s[1] == '+' {
		return 0, false
	}
	if s[0] == '-' {
		n = -n
	}
	return int32(n), true
}
