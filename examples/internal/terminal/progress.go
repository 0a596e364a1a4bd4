// Package terminal shows the user of an example how far a run has come.
package terminal

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/commitflow/commitflow/stage"
)

// WithProgress is the option of a pipeline that shows its progress on out: a
// bar with the rate and the time left on a terminal, else a line every ten
// seconds. What the notes tell is added.
func WithProgress(out *os.File, unit string, notes ...func() string) stage.Option {
	if !term.IsTerminal(int(out.Fd())) {
		return stage.WithProgress(10*time.Second, func(p stage.Progress) {
			if !p.Final {
				fmt.Fprintln(out, noted(Line(p, unit), notes))
			}
		})
	}
	var bar *progressbar.ProgressBar
	return stage.WithProgress(200*time.Millisecond, func(p stage.Progress) {
		if bar == nil {
			bar = progressbar.NewOptions(p.Total,
				progressbar.OptionSetWriter(out),
				progressbar.OptionSetDescription("commits"),
				progressbar.OptionShowCount(),
				progressbar.OptionShowIts(),
				progressbar.OptionSetItsString(unit),
				progressbar.OptionSetPredictTime(true),
				progressbar.OptionUseANSICodes(true),
				progressbar.OptionClearOnFinish())
		}
		if len(notes) > 0 {
			bar.Describe(noted(unit, notes))
		}
		_ = bar.Set(int(p.Done)) // a bar that cannot be drawn is no reason to stop
		if p.Final {
			_ = bar.Finish()
		}
	})
}

func noted(text string, notes []func() string) string {
	for _, note := range notes {
		text += ", " + note()
	}
	return text
}

// Line tells of a run's progress in one line: how many items of how many are
// done, how fast, and how long the rest will take at that rate.
func Line(p stage.Progress, unit string) string {
	line := fmt.Sprintf("%d %s, %.0f/s", p.Done, unit, p.Rate)
	if p.Total < 0 {
		return line
	}
	line = fmt.Sprintf("%d of %d %s, %.0f/s", p.Done, p.Total, unit, p.Rate)
	if left := float64(p.Total) - float64(p.Done); p.Rate > 0 && left > 0 {
		line += fmt.Sprintf(", %s left", time.Duration(left/p.Rate*float64(time.Second)).Round(time.Second))
	}
	return line
}
