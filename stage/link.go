package stage

// LinkKind is how one commit relates to another. Every kind has a reverse, so
// that both ends of a link know it.
type LinkKind string

// The kinds of link, each with its reverse.
const (
	Fixes        LinkKind = "fixes"
	FixedBy      LinkKind = "fixed-by"
	Reverts      LinkKind = "reverts"
	RevertedBy   LinkKind = "reverted-by"
	Reapplies    LinkKind = "reapplies"
	ReappliedBy  LinkKind = "reapplied-by"
	BackportOf   LinkKind = "backport-of"
	BackportedTo LinkKind = "backported-to"
	Requires     LinkKind = "requires" // a prerequisite that a `Cc: stable` line names
	RequiredBy   LinkKind = "required-by"
)

// LinkBasis is how a link was established, from strong to weak.
type LinkBasis string

// The ways to establish a link.
const (
	ByHash    LinkBasis = "hash"     // a full 40-digit hash
	ByPrefix  LinkBasis = "prefix"   // an abbreviated hash with one match
	BySubject LinkBasis = "subject"  // the quoted subject, where the hash was unknown or ambiguous
	ByPatchID LinkBasis = "patch-id" // equal patches, as `git patch-id --stable` compares them
)

// Link is a resolved relation to another commit of the history.
type Link struct {
	Kind   LinkKind  `json:"kind"`
	Commit Hash      `json:"commit"`
	Basis  LinkBasis `json:"basis"`
	// Confidence is how much to trust the link.
	Confidence LinkConfidence `json:"confidence"`
	// SubjectDiffers tells that the reference quotes a subject which is not
	// that of the commit its hash names.
	SubjectDiffers bool `json:"subject_differs"`
	// Partial tells that only a part of the other commit is reverted (or, on
	// the reverse link, that only a part of this one was): it stays in effect.
	Partial bool `json:"partial"`
	// Days and Releases tell how long the bug lived, on [Fixes] and [FixedBy]
	// links: the whole days between the committers' times of the two commits
	// (0 where the clocks run backwards), and the number of releases that have
	// the bug without the fix. Releases is 0 where the source knows none.
	Days     int `json:"days"`
	Releases int `json:"releases"`
}

// LinkConfidence is how much a link is to be trusted. It follows from what the
// link was established by and from whether the quoted subject agrees.
type LinkConfidence string

// The classes of confidence.
const (
	// ConfidenceHigh: a full hash, or an abbreviated one whose quoted subject
	// is that of the commit.
	ConfidenceHigh LinkConfidence = "high"
	// ConfidenceMedium: an abbreviated hash without a subject to check it by,
	// a quoted subject that just one commit has, or equal patches.
	ConfidenceMedium LinkConfidence = "medium"
	// ConfidenceLow: hash and quoted subject disagree, or several commits have
	// the subject and the last was taken.
	ConfidenceLow LinkConfidence = "low"
)

// Reference is a relation to another commit as a message states it, before it
// is resolved or where it could not be.
type Reference struct {
	Kind LinkKind `json:"kind"`
	// Hex is the hash as written, in lower case: 5 to 40 digits, or "".
	Hex string `json:"hex"`
	// Subject is the quoted subject, or "".
	Subject string `json:"subject"`
	// Partial tells that the message speaks of a part of the other commit:
	// "This partially reverts commit …".
	Partial bool `json:"partial"`
	// Reason tells why the reference could not be resolved: one of the
	// Unresolved constants; "" while it is not resolved yet.
	Reason string `json:"reason"`
}

// The reasons why a reference stays unresolved.
const (
	UnresolvedUnknown   = "unknown"   // no commit of the history has the hash or the subject
	UnresolvedAmbiguous = "ambiguous" // several commits have the prefix, and the subject does not decide
	UnresolvedNewer     = "newer"     // the only matches come after the commit that refers to them
	UnresolvedMalformed = "malformed" // neither a hash nor a subject, e.g. a URL
)
