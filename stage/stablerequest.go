package stage

// StableRequest is a wish, stated by a `Cc: stable` line, about the stable
// trees: to take the commit, or to leave it alone.
type StableRequest struct {
	// Versions are the trees meant, as written: "3.3.x", "5.10+". The kernel's
	// rule reads the first as "from this version on". None means all that the
	// error is in.
	Versions []string `json:"versions"`
	// NoAutosel tells that the line names stable+noautosel@kernel.org: scripts
	// are not to pick the commit.
	NoAutosel bool `json:"no_autosel"`
	// Note is what the line says after "#", whole.
	Note string `json:"note"`
}
