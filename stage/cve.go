package stage

// CVE is what a list of vulnerabilities says of a commit.
type CVE struct {
	// ID is "CVE-2024-26581".
	ID string `json:"id"`
	// Role is what the commit has to do with the vulnerability.
	Role CVERole `json:"role"`
	// Score is the CVSS base score, 0 to 10; 0 where none is known. Vector is
	// the CVSS vector that it was computed from, or "".
	Score  float32 `json:"score"`
	Vector string  `json:"vector"`
}

// CVERole is what a commit has to do with a vulnerability.
type CVERole string

// The roles of a commit.
const (
	CVEFix        CVERole = "fix"        // it closes the hole, in the main history or in a stable one
	CVEIntroduces CVERole = "introduces" // it opened the hole
)

// CVEList tells what is known of a commit's vulnerabilities, ordered by ID.
// Implementations are safe for concurrent use; the list is shared and must not
// be changed.
type CVEList interface {
	CVEs(commit Hash) []CVE
}
