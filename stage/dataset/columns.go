package dataset

// Columns gives a value of each struct whose fields are the columns of the rows of
// a mode in a format, in the order of [Row.Columns]; it is for those who have to
// declare columns without having a row.
func (m Mode) Columns(f Format) []any {
	sample := &Example{}
	if m == ModePreference {
		sample.Rejected = "a second answer"
	}
	row := Row{Texts: f.columns(sample), Metadata: &sample.Metadata, Details: m.details()}
	return row.Columns()
}

// details gives the columns that only this mode has, or nil.
func (m Mode) details() any {
	switch m {
	case ModeBugfix:
		return &BugfixDetails{}
	case ModeOptimize:
		return &OptimizeDetails{}
	case ModeSecurity:
		return &SecurityDetails{}
	case ModeReview:
		return &ReviewDetails{}
	case ModeBackport:
		return &BackportDetails{}
	case ModePreference:
		return &PreferenceDetails{}
	}
	return nil
}
