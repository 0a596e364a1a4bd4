package stage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// appendText prints the report for people.
func (r *Report) appendText(dst []byte) []byte {
	dst = fmt.Appendf(dst, "%s: %s", r.Pipeline, readable(r.Elapsed))
	if r.Resumed > 0 {
		dst = append(dst, ", resumed at item "...)
		dst = append(dst, grouped(r.Resumed)...)
	}
	if r.PeakBytes > 0 {
		dst = fmt.Appendf(dst, ", at most %s in flight", readableBytes(r.PeakBytes))
	}
	dst = append(dst, '\n')
	if len(r.Stages) > 0 {
		rows := [][]string{{"stage", "workers", "in", "out", "emitted", "dropped", "failed", "busy", "blocked", "idle", "dropped by reason"}}
		for i := range r.Stages {
			rows = append(rows, r.Stages[i].row())
		}
		dst = appendTable(dst, rows)
	}
	for _, failure := range r.Failures {
		cause, _, _ := strings.Cut(failure.Err.Error(), "\n") // without a panic's stack
		dst = fmt.Appendf(dst, "failed in %s: %s: %s\n", failure.Stage, failure.Item, cause)
	}
	if more := r.Failed - uint64(len(r.Failures)); more > 0 {
		dst = fmt.Appendf(dst, "… and %s more failed\n", grouped(more))
	}
	return dst
}

func (s *StageReport) row() []string {
	emitted := ""
	if s.Emitted != s.Out {
		emitted = grouped(s.Emitted)
	}
	return []string{
		s.Name, strconv.Itoa(s.Workers),
		grouped(s.In), grouped(s.Out), emitted, grouped(s.DroppedTotal()), grouped(s.Failed()),
		readable(s.Busy), readable(s.Blocked), readable(s.Idle),
		s.reasons(),
	}
}

// reasons lists why items were dropped, the most frequent reason first.
func (s *StageReport) reasons() string {
	names := slices.SortedFunc(maps.Keys(s.Dropped), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Dropped[b], s.Dropped[a]), cmp.Compare(a, b))
	})
	for i, name := range names {
		names[i] = name + " " + grouped(s.Dropped[name])
	}
	return strings.Join(names, ", ")
}

// appendTable aligns the first and the last column to the left, and the others,
// which are numbers, to the right.
func appendTable(dst []byte, rows [][]string) []byte {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		begin := len(dst)
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				dst = append(dst, "  "...)
			}
			if i == 0 || i == len(row)-1 {
				dst = append(dst, cell+pad...)
			} else {
				dst = append(dst, pad+cell...)
			}
		}
		for len(dst) > begin && dst[len(dst)-1] == ' ' {
			dst = dst[:len(dst)-1]
		}
		dst = append(dst, '\n')
	}
	return dst
}

// grouped prints 1234567 as 1,234,567.
func grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// readable prints a duration with three digits that matter: 1.23s, 45.6ms, 0s.
func readable(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	default:
		return d.Round(time.Microsecond).String()
	}
}

// readableBytes prints a number of bytes in the largest binary unit that keeps
// it above one.
func readableBytes(n int) string {
	const units = "KMGTPE"
	if n < 1<<10 {
		return fmt.Sprintf("%d bytes", n)
	}
	value, unit := float64(n)/(1<<10), 0
	for value >= 1<<10 {
		value /= 1 << 10
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", value, units[unit])
}
