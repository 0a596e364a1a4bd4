package stage

// Horizon is where a history ends. What is said of a commit by what has not
// happened since ("nothing had to be fixed") is said as of then.
type Horizon struct {
	// End is when the newest commit was made, in seconds since 1970.
	End int64
	// Releases are the times of the releases, in seconds since 1970, oldest first.
	Releases []int64
}
