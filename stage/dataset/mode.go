package dataset

import (
	"fmt"
	"slices"

	"github.com/commitflow/commitflow/stage"
)

// Mode is what a dataset is to teach.
type Mode string

// The modes, by the names that commands know them by.
const (
	ModeStandard      Mode = "standard"
	ModeBugfix        Mode = "bugfix"
	ModeCommitMessage Mode = "commit-message"
	ModeExplain       Mode = "explain"
	ModeOptimize      Mode = "optimize"
	ModeSecurity      Mode = "security"
	ModeReview        Mode = "review"
	ModeBackport      Mode = "backport"
	ModePreference    Mode = "preference"
)

// Modes lists all modes.
func Modes() []Mode {
	return []Mode{
		ModeStandard, ModeBugfix, ModeCommitMessage, ModeExplain, ModeOptimize, ModeSecurity, ModeReview, ModeBackport, ModePreference,
	}
}

// Check fails for what is no mode, and says which there are.
func (m Mode) Check() error {
	if !slices.Contains(Modes(), m) {
		return fmt.Errorf("there is no mode %q: choose from %s", string(m), join(Modes()))
	}
	return nil
}

// Formats lists the formats that examples of the mode can have.
func (m Mode) Formats() []Format {
	if m == ModePreference {
		return slices.DeleteFunc(Formats(), func(f Format) bool { return !f.holdsPreferences() })
	}
	return Formats()
}

// LooksBack tells that the mode makes its examples of what later commits have
// shown. So each has a date of the earlier commit, and knowledge of the later ones.
func (m Mode) LooksBack() bool { return m == ModeReview || m == ModePreference }

// Maker makes the examples of a mode.
type Maker interface {
	stage.Processor[*stage.Commit, *Example]
	stage.Opener
	stage.Configured
}

// Options are what [Mode.Maker] makes a stage of.
type Options struct {
	Settings
	Per     Per           // for [Standard] only
	Related *Related      // for the modes that look at other commits
	Horizon stage.Horizon // for [Review]
}

// Maker gives the stage of the mode. It is for programs that choose the mode when
// they run; others use the modes' own types, which have more settings.
func (m Mode) Maker(o Options) (Maker, error) {
	if o.Per != PerCommit && m != ModeStandard {
		return nil, fmt.Errorf("mode %s makes its examples of whole commits, not per %v", m, o.Per)
	}
	s := o.Settings
	switch m {
	case ModeStandard:
		return &Standard{Settings: s, Per: o.Per}, nil
	case ModeBugfix:
		return &Bugfix{Settings: s, Related: o.Related}, nil
	case ModeCommitMessage:
		return &CommitMessage{Settings: s}, nil
	case ModeExplain:
		return &Explain{Settings: s}, nil
	case ModeOptimize:
		return &Optimize{Settings: s}, nil
	case ModeSecurity:
		return &Security{Settings: s}, nil
	case ModeReview:
		return &Review{Settings: s, Related: o.Related, Horizon: o.Horizon}, nil
	case ModeBackport:
		return &Backport{Settings: s, Related: o.Related}, nil
	case ModePreference:
		return &Preference{Settings: s, Related: o.Related}, nil
	}
	return nil, m.Check()
}
